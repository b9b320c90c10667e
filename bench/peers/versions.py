import platform
from importlib.metadata import PackageNotFoundError, version

from peer import report


def describe(name):
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        return f"no {name}"


names = ["numpy", "scipy", "torch", "networkx", "umap-learn", "scikit-learn", "safetensors"]
report(versions=", ".join([f"Python {platform.python_version()}", *map(describe, names)]))
