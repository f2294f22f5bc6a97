"""What every engine stands on: arrays, refusals, weights. Knows NumPy, OpenCV and safetensors, and nothing of ours."""
