#!/usr/bin/env bash
# Collects everything the GPU benchmark needs in one folder, for a Linux x64 machine with a card but without Node or network:
#   bash bench/gpu/bundle.sh FOLDER      then, there:   bash FOLDER/run.sh [--quick]
# Contains Node, the compiled project, the packages' binaries for Linux x64 and the Vulkan loader. The card's own driver
# (its Vulkan ICD and CUDA) and Python with PyTorch must be installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=${1:?give a folder}
npx tsc -p tsconfig.test.json
mkdir -p "$out/app/build" "$out/lib"
out=$(cd "$out" && pwd)
modules=$(readlink -f node_modules)
cp "$(readlink -f "$(node -p process.execPath)")" "$out/node"
cp -r build/src build/bench "$out/app/build/"
cp package.json "$out/app/"
cp bench/gpu/torch-peer.py "$out/"
copy() { mkdir -p "$out/app/node_modules/$(dirname "$1")" && cp -r "$modules/$1" "$out/app/node_modules/$1"; }
for name in onnxruntime-common webgpu @tensorflow/tfjs-core @tensorflow/tfjs-backend-cpu \
  @tensorflow/tfjs-backend-webgpu long seedrandom node-fetch whatwg-url tr46 webidl-conversions onnxruntime-node; do
  if [ -e "$modules/$name" ]; then copy "$name"; fi
done
# Linux x64 only: the other systems' binaries are most of the size.
find "$out/app/node_modules/webgpu/dist" -mindepth 1 -maxdepth 1 -type d ! -name linux-x64 -exec rm -r {} +
find "$out"/app/node_modules/onnxruntime-node/bin/napi-v*/ -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} +
find "$out/app/node_modules/onnxruntime-node/bin" -type d -name arm64 -prune -exec rm -r {} +
find "$out/app/node_modules" -name '*.map' -delete
loader=$(ldconfig -p | sed -n 's/.*libvulkan\.so\.1 (.*x86-64.*=> //p' | head -n 1)
if [ -n "$loader" ]; then cp -L "$loader" "$out/lib/libvulkan.so.1"; else echo "no Vulkan loader here: apt install libvulkan1" >&2; fi
cat >"$out/run.sh" <<'RUN'
#!/usr/bin/env bash
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="$here/lib:${LD_LIBRARY_PATH:-}" TORCH_PEER="$here/torch-peer.py"
export PATH="$PATH:/usr/sbin:/sbin" # ldconfig's place
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$(mktemp -d)}"
# Containers often have NVIDIA's Vulkan library without the manifest that names it.
if [ -z "${VK_ICD_FILENAMES:-}" ] && ! ls /usr/share/vulkan/icd.d/*nvidia* /etc/vulkan/icd.d/*nvidia* >/dev/null 2>&1; then
  if ldconfig -p | grep -q libGLX_nvidia.so.0; then
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}\n' >"$here/nvidia.json"
    export VK_ICD_FILENAMES="$here/nvidia.json"
  fi
fi
cd "$here/app" && exec "$here/node" build/bench/gpu/measure.js "$@"
RUN
du -sh "$out"
