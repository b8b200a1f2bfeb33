"""Point the official client, whose addresses no variable sets, at HF_ENDPOINT; Python imports this file first."""

import os
from urllib.parse import urlsplit

import huggingface_hub.constants as official

official.INFERENCE_ENDPOINTS_ENDPOINT = f"{os.environ['HF_ENDPOINT']}/v2"
official.INFERENCE_CATALOG_ENDPOINT = f"{os.environ['HF_ENDPOINT']}{urlsplit(official.INFERENCE_CATALOG_ENDPOINT).path}"
