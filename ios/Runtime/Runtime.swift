// This module holds nothing. It brings ONNX Runtime into the product `Gensr`, and not into `GensrWithoutRuntime`: see Package.swift.
