"""Configurations as their makers published them, cut to what describes the shape, and what the catalogue says."""

from __future__ import annotations

from typing import Any

SLIDE, FULL = "sliding_attention", "full_attention"

FP8 = {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8", "weight_block_size": [128, 128]}

DEEPSEEK = {
    "attention_bias": False, "first_k_dense_replace": 3, "hidden_act": "silu", "hidden_size": 7168,
    "intermediate_size": 18432, "kv_lora_rank": 512, "max_position_embeddings": 163840, "model_type": "deepseek_v3",
    "moe_intermediate_size": 2048, "moe_layer_freq": 1, "n_group": 8, "n_routed_experts": 256, "n_shared_experts": 1,
    "num_attention_heads": 128, "num_experts_per_tok": 8, "num_hidden_layers": 61, "num_key_value_heads": 128,
    "num_nextn_predict_layers": 1, "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64,
    "quantization_config": FP8, "tie_word_embeddings": False, "torch_dtype": "bfloat16", "v_head_dim": 128,
    "vocab_size": 129280,
}  # fmt: skip

KIMI = {
    **DEEPSEEK, "first_k_dense_replace": 1, "max_position_embeddings": 131072, "model_type": "kimi_k2",
    "n_routed_experts": 384, "num_attention_heads": 64, "num_key_value_heads": 64, "num_nextn_predict_layers": 0,
    "vocab_size": 163840,
}  # fmt: skip

CONFIGS: dict[str, dict[str, Any]] = {
    "Llama-3.1-8B": {
        "architectures": ["LlamaForCausalLM"], "attention_bias": False, "hidden_act": "silu", "hidden_size": 4096,
        "intermediate_size": 14336, "max_position_embeddings": 131072, "mlp_bias": False, "model_type": "llama",
        "num_attention_heads": 32, "num_hidden_layers": 32, "num_key_value_heads": 8, "pretraining_tp": 1,
        "rms_norm_eps": 1e-05, "rope_theta": 500000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "vocab_size": 128256,
    },
    "Mixtral-8x7B": {
        "architectures": ["MixtralForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mixtral", "num_attention_heads": 32, "num_experts_per_tok": 2,
        "num_hidden_layers": 32, "num_key_value_heads": 8, "num_local_experts": 8, "sliding_window": None,
        "tie_word_embeddings": False, "torch_dtype": "bfloat16", "vocab_size": 32000,
    },
    "Qwen3-30B-A3B": {
        "architectures": ["Qwen3MoeForCausalLM"], "attention_bias": False, "decoder_sparse_step": 1, "head_dim": 128,
        "hidden_size": 2048, "intermediate_size": 6144, "max_position_embeddings": 40960, "max_window_layers": 48,
        "mlp_only_layers": [], "model_type": "qwen3_moe", "moe_intermediate_size": 768, "norm_topk_prob": True,
        "num_attention_heads": 32, "num_experts": 128, "num_experts_per_tok": 8, "num_hidden_layers": 48,
        "num_key_value_heads": 4, "sliding_window": None, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "use_sliding_window": False, "vocab_size": 151936,
    },
    "DeepSeek-V3": DEEPSEEK,
    "Kimi-K2": {**KIMI, "torch_dtype": "bfloat16"},
    "gpt-oss-20b": {
        "architectures": ["GptOssForCausalLM"], "attention_bias": True, "experts_per_token": 4, "head_dim": 64,
        "hidden_size": 2880, "initial_context_length": 4096, "intermediate_size": 2880,
        "layer_types": [SLIDE, FULL] * 12, "max_position_embeddings": 131072, "model_type": "gpt_oss",
        "num_attention_heads": 64, "num_experts_per_tok": 4, "num_hidden_layers": 24, "num_key_value_heads": 8,
        "num_local_experts": 32, "quantization_config": {"quant_method": "mxfp4"}, "sliding_window": 128,
        "swiglu_limit": 7.0, "tie_word_embeddings": False, "vocab_size": 201088,
    },
    "Gemma-3-27B": {
        "architectures": ["Gemma3ForConditionalGeneration"], "boi_token_index": 255999, "eos_token_id": [1, 106],
        "image_token_index": 262144, "model_type": "gemma3",
        "text_config": {
            "head_dim": 128, "hidden_size": 5376, "intermediate_size": 21504, "model_type": "gemma3_text",
            "num_attention_heads": 32, "num_hidden_layers": 62, "num_key_value_heads": 16,
            "query_pre_attn_scalar": 168, "rope_scaling": {"factor": 8.0, "rope_type": "linear"},
            "sliding_window": 1024,
        },
        "torch_dtype": "bfloat16", "vision_config": {"hidden_size": 1152, "num_hidden_layers": 27},
    },
    "Gemma-3-4B": {
        "model_type": "gemma3",
        "text_config": {
            "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text", "num_hidden_layers": 34,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}, "sliding_window": 1024,
        },
        "torch_dtype": "bfloat16",
    },
    "Gemma-2-9B": {
        "attention_bias": False, "head_dim": 256, "hidden_size": 3584, "intermediate_size": 14336,
        "max_position_embeddings": 8192, "model_type": "gemma2", "num_attention_heads": 16, "num_hidden_layers": 42,
        "num_key_value_heads": 8, "sliding_window": 4096, "sliding_window_size": 4096, "torch_dtype": "bfloat16",
        "vocab_size": 256000,
    },
    "Falcon-40B": {
        "alibi": False, "architectures": ["FalconForCausalLM"], "bias": False, "hidden_size": 8192,
        "model_type": "falcon", "multi_query": True, "new_decoder_architecture": True, "num_attention_heads": 128,
        "num_hidden_layers": 60, "num_kv_heads": 8, "parallel_attn": True, "torch_dtype": "bfloat16",
        "vocab_size": 65024,
    },
    "Falcon-7B": {
        "alibi": False, "bias": False, "hidden_size": 4544, "model_type": "falcon", "multi_query": True,
        "new_decoder_architecture": False, "num_attention_heads": 71, "num_hidden_layers": 32, "num_kv_heads": 71,
        "parallel_attn": True, "torch_dtype": "bfloat16", "vocab_size": 65024,
    },
    "OPT-13B": {
        "activation_function": "relu", "architectures": ["OPTForCausalLM"], "do_layer_norm_before": True,
        "ffn_dim": 20480, "hidden_size": 5120, "max_position_embeddings": 2048, "model_type": "opt",
        "num_attention_heads": 40, "num_hidden_layers": 40, "torch_dtype": "float16", "vocab_size": 50272,
        "word_embed_proj_dim": 5120,
    },
    "GPT-J-6B": {
        "activation_function": "gelu_new", "model_type": "gptj", "n_embd": 4096, "n_head": 16, "n_inner": None,
        "n_layer": 28, "n_positions": 2048, "rotary": True, "rotary_dim": 64, "tie_word_embeddings": False,
        "vocab_size": 50400,
    },
    "BLOOM-7B1": {
        "architectures": ["BloomForCausalLM"], "model_type": "bloom", "n_embed": 4096, "n_layer": 30,
        "num_attention_heads": 32, "offset_alibi": 100, "seq_length": 2048, "torch_dtype": "float16",
        "vocab_size": 250880,
    },
    "Qwen2.5-7B": {
        "architectures": ["Qwen2ForCausalLM"], "hidden_size": 3584, "intermediate_size": 18944,
        "max_position_embeddings": 131072, "max_window_layers": 28, "model_type": "qwen2", "num_attention_heads": 28,
        "num_hidden_layers": 28, "num_key_value_heads": 4, "sliding_window": 131072, "tie_word_embeddings": False,
        "torch_dtype": "bfloat16", "use_sliding_window": False, "vocab_size": 152064,
    },
    "Mistral-7B-v0.1": {
        "architectures": ["MistralForCausalLM"], "hidden_size": 4096, "intermediate_size": 14336,
        "max_position_embeddings": 32768, "model_type": "mistral", "num_attention_heads": 32, "num_hidden_layers": 32,
        "num_key_value_heads": 8, "sliding_window": 4096, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
        "vocab_size": 32000,
    },
    "Llama-4-Scout": {
        "architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4",
        "text_config": {
            "attention_bias": False, "attention_chunk_size": 8192, "head_dim": 128, "hidden_size": 5120,
            "interleave_moe_layer_step": 1, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
            "max_position_embeddings": 10485760, "model_type": "llama4_text", "num_attention_heads": 40,
            "num_experts_per_tok": 1, "num_hidden_layers": 48, "num_key_value_heads": 8, "num_local_experts": 16,
            "rope_scaling": {"factor": 16.0, "rope_type": "llama3"}, "torch_dtype": "bfloat16", "use_qk_norm": True,
            "vocab_size": 202048,
        },
        "torch_dtype": "bfloat16", "vision_config": {"hidden_size": 1408, "num_hidden_layers": 34},
    },
    "Phi-3-mini": {
        "_name_or_path": "Phi-3-mini-4k-instruct", "architectures": ["Phi3ForCausalLM"], "attention_bias": False,
        "auto_map": {"AutoConfig": "configuration_phi3.Phi3Config"}, "hidden_size": 3072, "intermediate_size": 8192,
        "max_position_embeddings": 4096, "model_type": "phi3", "num_attention_heads": 32, "num_hidden_layers": 32,
        "num_key_value_heads": 32, "rope_scaling": None, "sliding_window": 2047, "tie_word_embeddings": False,
        "torch_dtype": "bfloat16", "vocab_size": 32064,
    },
    "MiniMax-M2.5": {
        "attn_type_list": [1] * 62, "head_dim": 128, "hidden_size": 3072, "intermediate_size": 1536,
        "max_position_embeddings": 196608, "model_type": "minimax_m2", "num_attention_heads": 48,
        "num_experts_per_tok": 8, "num_hidden_layers": 62, "num_key_value_heads": 8, "num_local_experts": 256,
        "quantization_config": {**FP8, "modules_to_not_convert": ["gate", "lm_head"]}, "shared_intermediate_size": 0,
        "tie_word_embeddings": False, "use_qk_norm": True, "vocab_size": 200064,
    },
    "GLM-5": {
        "attention_bias": False, "dtype": "bfloat16", "first_k_dense_replace": 3, "head_dim": 192,
        "hidden_size": 6144, "index_topk": 2048, "intermediate_size": 12288, "kv_lora_rank": 512,
        "max_position_embeddings": 202752, "model_type": "glm_moe_dsa", "moe_intermediate_size": 2048,
        "moe_layer_freq": 1, "n_routed_experts": 256, "n_shared_experts": 1, "num_attention_heads": 64,
        "num_experts_per_tok": 8, "num_hidden_layers": 78, "num_key_value_heads": 64,
        "num_nextn_predict_layers": 1, "q_lora_rank": 2048, "qk_head_dim": 256, "qk_nope_head_dim": 192,
        "qk_rope_head_dim": 64, "tie_word_embeddings": False, "v_head_dim": 256, "vocab_size": 154880,
    },
}  # fmt: skip

FACTS = (
    "layers", "hidden_size", "heads", "kv_heads", "head_dim", "intermediate_size", "gated_ffn", "vocab_size",
    "tied_embeddings", "attention_bias", "moe_layers", "experts", "active_experts", "expert_size",
    "shared_expert_size", "kv_latent", "q_latent", "rope_dim", "value_dim", "window_size", "windowed_layers",
    "chunked_window", "context_limit", "mtp_layers", "native_precision",
)  # fmt: skip
"""The order of the facts below."""

CATALOGUE: dict[str, tuple[Any, ...]] = {
    "Llama-3.1-8B": (
        32, 4096, 32, 8, 128, 14336, True, 128256, False, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 131072,
        0, "bf16",
    ),
    "Mixtral-8x7B": (
        32, 4096, 32, 8, 128, 0, True, 32000, False, False, 32, 8, 2, 14336, 0, 0, 0, 0, 0, 0, 0, False, 32768,
        0, "bf16",
    ),
    "Qwen3-30B-A3B": (
        48, 2048, 32, 4, 128, 0, True, 151936, False, False, 48, 128, 8, 768, 0, 0, 0, 0, 0, 0, 0, False, 40960,
        0, "bf16",
    ),
    "DeepSeek-V3": (
        61, 7168, 128, 128, 192, 18432, True, 129280, False, False, 58, 256, 8, 2048, 2048, 512, 1536, 64, 128, 0,
        0, False, 163840, 1, "fp8",
    ),
    "Kimi-K2": (
        61, 7168, 64, 64, 192, 18432, True, 163840, False, False, 60, 384, 8, 2048, 2048, 512, 1536, 64, 128, 0, 0,
        False, 131072, 0, "fp8",
    ),
    "gpt-oss-20b": (
        24, 2880, 64, 8, 64, 0, True, 201088, False, True, 24, 32, 4, 2880, 0, 0, 0, 0, 0, 128, 12, False, 131072,
        0, "mxfp4",
    ),
    "Gemma-3-27B": (
        62, 5376, 32, 16, 128, 21504, True, 262144, True, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1024, 52, False, 131072,
        0, "bf16",
    ),
    "Gemma-3-4B": (
        34, 2560, 8, 4, 256, 10240, True, 262144, True, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1024, 29, False, 131072,
        0, "bf16",
    ),
    "Gemma-2-9B": (
        42, 3584, 16, 8, 256, 14336, True, 256000, True, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4096, 21, False, 8192,
        0, "bf16",
    ),
    "Falcon-40B": (
        60, 8192, 128, 8, 64, 32768, False, 65024, True, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 2048,
        0, "bf16",
    ),
    "Falcon-7B": (
        32, 4544, 71, 1, 64, 18176, False, 65024, True, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 2048, 0, "bf16",
    ),
    "OPT-13B": (
        40, 5120, 40, 40, 128, 20480, False, 50272, True, True, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 2048,
        0, "fp16",
    ),
    "GPT-J-6B": (
        28, 4096, 16, 16, 256, 16384, False, 50400, False, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 2048,
        0, "fp16",
    ),
    "BLOOM-7B1": (
        30, 4096, 32, 32, 128, 16384, False, 250880, True, True, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 2048,
        0, "fp16",
    ),
    "Qwen2.5-7B": (
        28, 3584, 28, 4, 128, 18944, True, 152064, False, True, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 131072,
        0, "bf16",
    ),
    "Mistral-7B-v0.1": (
        32, 4096, 32, 8, 128, 14336, True, 32000, False, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4096, 32, False, 32768,
        0, "bf16",
    ),
    "Llama-4-Scout": (
        48, 5120, 40, 8, 128, 16384, True, 202048, False, False, 48, 16, 1, 8192, 8192, 0, 0, 0, 0, 8192, 36, True,
        10485760, 0, "bf16",
    ),
    "Phi-3-mini": (
        32, 3072, 32, 32, 96, 8192, True, 32064, False, False, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, False, 4096, 0, "bf16",
    ),
    "MiniMax-M2.5": (
        62, 3072, 48, 8, 128, 0, True, 200064, False, False, 62, 256, 8, 1536, 0, 0, 0, 0, 0, 0, 0, False, 196608,
        0, "fp8",
    ),
    "GLM-5": (
        78, 6144, 64, 64, 256, 12288, True, 154880, False, False, 75, 256, 8, 2048, 2048, 512, 2048, 64, 256, 0, 0,
        False, 202752, 1, "bf16",
    ),
}  # fmt: skip
"""What our reference table says of these models; most of it was taken from other sources than their configurations."""
