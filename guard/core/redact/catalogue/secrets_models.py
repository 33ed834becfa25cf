"""Keys of model providers and of the platforms around them."""

from __future__ import annotations

from guard.core.redact.catalogue.tokens import tokens

MODEL_SECRETS = (
    *tokens({"openai_key": r"sk-(?:proj-|svcacct-|admin-|service-)?[A-Za-z0-9_-]{20,200}"}, "random_secret"),
    *tokens(
        {
            "openai_ephemeral_key": r"ek_[A-Za-z0-9_-]{24,200}",
            "openai_session_key": r"sess-[A-Za-z0-9]{30,60}",
            "anthropic_key": r"sk-ant-[A-Za-z0-9_-]{20,150}",
            "huggingface_token": r"(?:hf|api_org)_[A-Za-z]{30,40}",
            "replicate_token": r"r8_[A-Za-z0-9]{37,40}",
            "groq_key": r"gsk_[A-Za-z0-9]{48,56}",
            "perplexity_key": r"pplx-[A-Za-z0-9]{40,56}",
            "xai_key": r"xai-[A-Za-z0-9]{70,90}",
            "cerebras_key": r"csk-[a-z0-9A-Z]{40,56}",
            "jina_key": r"jina_[A-Za-z0-9_-]{50,70}",
            "voyage_key": r"(?:pa|al|voyage)-[A-Za-z0-9_-]{40,50}",
            "firecrawl_key": r"fc-[A-Za-z0-9]{32}",
            "langsmith_key": r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}",
            "langfuse_key": r"(?:sk|pk)-lf-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "pinecone_key": r"pcsk_[A-Za-z0-9_]{50,90}",
            "weights_and_biases_key": r"wandb_v1_[A-Za-z0-9_]{40,90}",
            "tavily_key": r"tvly-(?:dev-)?[A-Za-z0-9]{28,40}",
            "nvidia_key": r"nvapi-[A-Za-z0-9_-]{60,70}",
            "fireworks_key": r"fw_[A-Za-z0-9]{22,40}",
            "together_key": r"tgp_v1_[A-Za-z0-9_-]{40,60}",
            "deepgram_key": r"dg_[A-Za-z0-9]{32,48}",
            "elevenlabs_key": r"sk_[0-9a-f]{48}",
            "openrouter_key": r"sk-or-v1-[0-9a-f]{64}",
            "sallyport_key": r"sp_[A-Za-z0-9_-]{24,100}",
        }
    ),
)
