"""Python that calls an endpoint that is ready, to be pasted as it is; pure. It takes the token from HF_TOKEN."""

from service.web import shapes

INFERENCE = """import os
from huggingface_hub import InferenceClient

client = InferenceClient(base_url={url!r}, token=os.environ["HF_TOKEN"])
{call}"""
OPENAI = """import os
from openai import OpenAI

client = OpenAI(base_url={url!r}, api_key=os.environ["HF_TOKEN"])
print(client.chat.completions.create(model="tgi", messages=[{{"role": "user", "content": "Hello"}}]))"""
CHAT = 'print(client.chat_completion([{"role": "user", "content": "Hello"}]))'
CALLS = {
    "text-generation": CHAT,
    "conversational": CHAT,
    "image-text-to-text": CHAT,
    "feature-extraction": 'print(client.feature_extraction("Hello"))',
    "sentence-similarity": 'print(client.sentence_similarity("Hello", other_sentences=["Hi"]))',
    "text-classification": 'print(client.text_classification("Hello"))',
    "token-classification": 'print(client.token_classification("Ada lives in Paris"))',
    "fill-mask": 'print(client.fill_mask("Paris is a <mask>."))',
    "summarization": 'print(client.summarization("A long text."))',
    "translation": 'print(client.translation("Hello"))',
    "automatic-speech-recognition": 'print(client.automatic_speech_recognition("speech.wav"))',
    "text-to-image": 'client.text_to_image("A lamp at dusk").save("lamp.png")',
    "image-classification": 'print(client.image_classification("picture.png"))',
}


def snippets(url: str, *, task: str | None) -> shapes.Snippets:
    """Return them for an endpoint at this address, with a call that fits its task, if that is known."""
    call = CALLS.get(task or "", f"# its task: {task or 'unknown'}")
    return shapes.Snippets(
        inference_client=INFERENCE.format(url=url, call=call),
        openai=OPENAI.format(url=f"{url.rstrip('/')}/v1/") if call is CHAT else None,
    )
