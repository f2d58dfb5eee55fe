"""Tiny models of many families of transformers with nothing left at its default.

A freshly initialised model has norms of gain one and bias zero, no soft cap and no scale, and so forgives a reader that
skips or doubles them. Here every gain, bias and scale is drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import nn

VOCABULARY = 97
WIDTH = 32
BLOCKS = 3
TEXT = "w5 w17 w60 w2 w33 w33 w90 w11 w48"


@dataclass(frozen=True, eq=False)
class Family:
    """A model type of transformers and what its tiny configuration needs.

    Attributes:
        model_type: its name in transformers.
        config: what differs from the common small shape.
        common: False where the configuration has names of its own for the shape.
        steps: whether attention and MLP add up to the block's change.
    """

    model_type: str
    config: dict[str, Any] = field(default_factory=dict)
    common: bool = True
    steps: bool = True


_SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": WIDTH,
    "intermediate_size": 48,
    "num_hidden_layers": BLOCKS,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
_GPT2_SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "n_embd": WIDTH,
    "n_layer": BLOCKS,
    "n_head": 4,
    "n_positions": 64,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
_MOE = {"num_local_experts": 4, "num_experts_per_tok": 2}
_LATENT_ATTENTION = {
    "q_lora_rank": 8,
    "kv_lora_rank": 8,
    "qk_nope_head_dim": 4,
    "qk_rope_head_dim": 4,
    "v_head_dim": 8,
}
_DEEPSEEK_EXPERTS = {
    "n_routed_experts": 4,
    "num_experts_per_tok": 2,
    "n_group": 1,
    "topk_group": 1,
    "first_k_dense_replace": 1,
    "moe_intermediate_size": 16,
}
_JAMBA_MIXER = {"mamba_d_state": 4, "mamba_dt_rank": 4, "use_mamba_kernels": False}
_FALCON_H1 = {
    "lm_head_multiplier": 0.5,
    "embedding_multiplier": 3.0,
    "mamba_d_ssm": 32,
    "mamba_n_heads": 4,
    "mamba_d_head": 8,
    "mamba_d_state": 8,
}

FAMILIES = (
    Family("gpt2", _GPT2_SHAPE, common=False),
    Family("gpt_neo", {"num_layers": BLOCKS, "num_heads": 4, "attention_types": [[["global", "local", "global"], 1]]}),
    Family("gptj", {**_GPT2_SHAPE, "rotary_dim": 4}, common=False),
    Family("gpt_neox", {"use_parallel_residual": True}),
    Family("opt", {"ffn_dim": 48, "word_embed_proj_dim": WIDTH}),
    Family("bloom", {"n_layer": BLOCKS, "n_head": 4}),
    Family("llama", {"attention_bias": True, "mlp_bias": True}),
    Family("mistral"),
    Family("mixtral", _MOE),
    Family("qwen2"),
    Family("qwen3", {"head_dim": 8}),
    Family("gemma", {"head_dim": 8}),
    Family("gemma2", {"head_dim": 8, "final_logit_softcapping": 2.0, "attn_logit_softcapping": 3.0}),
    Family("gemma3_text", {"head_dim": 8, "final_logit_softcapping": 3.0}),
    Family("phi"),
    Family("phi3"),
    Family("falcon", {"new_decoder_architecture": True, "num_kv_heads": 2}),
    Family(
        "granite",
        {"embedding_multiplier": 7.0, "residual_multiplier": 0.6, "logits_scaling": 3.0, "attention_multiplier": 0.4},
    ),
    Family("cohere", {"logit_scale": 0.3}),
    Family("olmo"),
    Family("olmo2"),
    Family("stablelm"),
    Family("starcoder2"),
    Family("smollm3"),
    Family("glm", {"head_dim": 8}),
    Family("nemotron"),
    Family("cohere2", {"logit_scale": 0.2, "head_dim": 8}),
    Family("glm4", {"head_dim": 8}),
    Family("gpt_bigcode", _GPT2_SHAPE, common=False),
    Family("codegen", {**_GPT2_SHAPE, "rotary_dim": 4, "n_ctx": 64}, common=False),
    Family("mpt", {"d_model": WIDTH, "n_heads": 4, "n_layers": BLOCKS, "max_seq_len": 64}),
    Family("xglm", {"d_model": WIDTH, "ffn_dim": 48, "num_layers": BLOCKS, "attention_heads": 4}),
    Family("biogpt"),
    Family("persimmon"),
    Family("qwen2_moe", {"moe_intermediate_size": 16, "shared_expert_intermediate_size": 24, "num_experts": 4}),
    Family("qwen3_moe", {"moe_intermediate_size": 16, "num_experts": 4, "num_experts_per_tok": 2, "head_dim": 8}),
    Family("olmoe", {"num_experts": 4, "num_experts_per_tok": 2}),
    Family("granitemoe", {**_MOE, "embedding_multiplier": 5.0, "residual_multiplier": 0.5, "logits_scaling": 2.0}),
    Family("helium", {"head_dim": 8}),
    Family("exaone4", {"head_dim": 8, "sliding_window": 16}),
    Family("arcee"),
    Family("apertus"),
    Family("gpt_oss", {**_MOE, "head_dim": 8}),
    Family("nanochat"),
    Family("phimoe", _MOE),
    Family("diffllama"),
    Family("minicpm3", _LATENT_ATTENTION),
    Family("deepseek_v3", {**_LATENT_ATTENTION, **_DEEPSEEK_EXPERTS}),
    Family("jamba", {"num_experts": 2, "attn_layer_period": 2, "attn_layer_offset": 1, **_JAMBA_MIXER}),
    Family("recurrent_gemma", {"lru_width": WIDTH, "block_types": ["recurrent", "attention"], "logits_soft_cap": 2.0}),
    Family("ctrl", {**_GPT2_SHAPE, "dff": 48}, common=False),
    Family("lfm2"),
    Family("seed_oss", {"head_dim": 8}),
    Family("ernie4_5", {"head_dim": 8}),
    Family("bitnet"),
    Family("openai-gpt", _GPT2_SHAPE, common=False, steps=False),  # norms after each sum, none at the end
    Family("falcon_h1", _FALCON_H1, steps=False),  # attention and state space beside each other, then an MLP
    Family("mamba", {"state_size": 4}, steps=False),  # one mixer a block
    Family("rwkv", {"attention_hidden_size": WIDTH, "context_length": 64}, steps=False),  # a norm before block 1
)

# Four streams that predict and correct one another: no single state.
REFUSED = Family(
    "gemma3n_text",
    {
        "head_dim": 8,
        "hidden_size_per_layer_input": 8,
        "vocab_size_per_layer_input": VOCABULARY,
        "laurel_rank": 4,
        "num_kv_shared_layers": 1,
    },
)


def build(family: Family, seed: int = 0) -> Any:
    """The family's tiny model in float32 with random gains, biases and matrices."""
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    config = CONFIG_MAPPING[family.model_type](**({**_SHAPE, **family.config} if family.common else family.config))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
        randomise(network)
    return network


def randomise(network: nn.Module) -> None:
    """Wide matrices, and gains and biases far from one and zero."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.ndim == 1:
                parameter.add_(0.4 * torch.randn_like(parameter))
            elif name.endswith("weight") and parameter.ndim == 2:
                parameter.normal_(0.0, 0.2)


@cache
def word_tokenizer(size: int = VOCABULARY) -> Any:
    """Words w0, w1, ... as tokens 0, 1, ..."""
    from transformers import PreTrainedTokenizerFast

    backend = Tokenizer(models.WordLevel({f"w{index}": index for index in range(size)}, unk_token="w0"))
    backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="w0")
