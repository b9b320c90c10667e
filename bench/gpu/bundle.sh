#!/usr/bin/env bash
# Packs everything the GPU benchmark needs in one file, for a Linux x64 machine with a card but without Node or network:
#   bash bench/gpu/bundle.sh FILE      then, there:   bash FILE [--quick]
# FILE is a script of about 45 MB that unpacks itself to a temporary folder and runs. It brings Node, the compiled project,
# the packages' binaries for Linux x64, the Vulkan loader and the libraries that a card's driver asks for. The driver itself
# (its Vulkan ICD and CUDA) and Python with PyTorch must be installed there.
set -euo pipefail
out=$(realpath "${1:?give a file}")
cd "$(dirname "$0")/../.."
npx --no-install tsc -p tsconfig.test.json
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/app/build" "$folder/lib"
modules=$(readlink -f node_modules)
cp "$(readlink -f "$(node -p process.execPath)")" "$folder/node"
cp -r build/src build/bench "$folder/app/build/"
cp package.json "$folder/app/"
cp bench/gpu/torch-peer.py bench/gpu/run.sh "$folder/"
copy() { mkdir -p "$folder/app/node_modules/$(dirname "$1")" && cp -r "$modules/$1" "$folder/app/node_modules/$1"; }
for name in onnxruntime-common webgpu @tensorflow/tfjs-core @tensorflow/tfjs-backend-cpu \
  @tensorflow/tfjs-backend-webgpu long seedrandom node-fetch whatwg-url tr46 webidl-conversions onnxruntime-node; do
  if [ -e "$modules/$name" ]; then copy "$name"; fi
done
# Linux x64 only: the other systems' binaries are most of the size.
find "$folder/app/node_modules/webgpu/dist" -mindepth 1 -maxdepth 1 -type d ! -name linux-x64 -exec rm -r {} +
find "$folder"/app/node_modules/onnxruntime-node/bin/napi-v*/ -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} +
find "$folder/app/node_modules/onnxruntime-node/bin" -type d -name arm64 -prune -exec rm -r {} +
find "$folder/app" -name '*.map' -delete
# NVIDIA's driver is silent about a missing libGLdispatch, and then no card is found.
for name in libvulkan.so.1 libGLdispatch.so.0 libGLX.so.0 libEGL.so.1 libGL.so.1 libOpenGL.so.0; do
  library=$(ldconfig -p | sed -n "s/.*$name (.*x86-64.*=> //p" | head -n 1)
  if [ -n "$library" ]; then cp -L "$library" "$folder/lib/$name"; else
    echo "no $name here: apt install libvulkan1 libegl1 libgl1 libopengl0" >&2
  fi
done
cat >"$out" <<'HEAD'
#!/usr/bin/env bash
folder=$(mktemp -d) && tail -n +6 "$0" | tar -xJ -C "$folder" || exit
trap 'rm -rf "$folder"' EXIT
bash "$folder/run.sh" "$@"
exit
HEAD
tar -C "$folder" -c . | xz -T0 >>"$out"
du -h "$out"
