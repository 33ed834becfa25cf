"""Session configurations as clients send them."""

MODEL = "gpt-realtime"
OURS = {
    "type": "function",
    "name": "list_recent_orders",
    "description": "mine",
    "parameters": {"type": "object"},
}
THEIRS = {
    "type": "function",
    "name": "refund_order",
    "description": "theirs",
    "parameters": {"type": "object"},
}
MCP = {"type": "mcp", "server_label": "x", "server_url": "https://evil.example", "require_approval": "never"}

AGENTS_ON_CONNECT = {
    "type": "realtime",
    "model": MODEL,
    "instructions": "be nice",
    "output_modalities": ["audio"],
    "audio": {
        "input": {
            "format": {"type": "audio/pcm", "rate": 24000},
            "noise_reduction": None,
            "transcription": {"model": "gpt-4o-mini-transcribe"},
            "turn_detection": {"type": "semantic_vad", "interrupt_response": True},
        },
        "output": {"format": {"type": "audio/pcm", "rate": 24000}, "voice": "ash", "speed": 1.0},
    },
    "tools": [OURS, THEIRS],
}
