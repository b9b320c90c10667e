#!/usr/bin/env bash
# Runs the GPU benchmark from the folder that bundle.sh has packed.
here=$(cd "$(dirname "$0")" && pwd)
export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:-}:$here/lib" TORCH_PEER="$here/torch-peer.py"
export PATH="$PATH:/usr/sbin:/sbin" # ldconfig's place
export XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-$(mktemp -d)}"
# Containers often have NVIDIA's Vulkan library without the manifest that names it.
if [ -z "${VK_ICD_FILENAMES:-}" ] && ! ls /usr/share/vulkan/icd.d/*nvidia* /etc/vulkan/icd.d/*nvidia* >/dev/null 2>&1; then
  if ldconfig -p | grep -q libGLX_nvidia.so.0; then
    printf '{"file_format_version":"1.0.0","ICD":{"library_path":"libGLX_nvidia.so.0","api_version":"1.3.0"}}\n' >"$here/nvidia.json"
    export VK_ICD_FILENAMES="$here/nvidia.json"
  fi
fi
cd "$here/app" && "$here/node" build/bench/gpu/measure.js "$@"
