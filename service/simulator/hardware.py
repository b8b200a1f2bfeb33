"""What can be rented, where and for how much, and how much of its quota a namespace uses."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from service.simulator.document import Document
from service.simulator.life import Life
from service.simulator.rules import State

Place = tuple[str, str, str, str]  # vendor, region, instanceType, instanceSize

# What holds no machine counts for no quota; scaledToZero does, hf-api.md says so.
FREE = frozenset({State.ABSENT, State.PAUSED, State.FAILED})
MOST_ACCELERATORS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """One kind of machine in one region."""

    vendor: str
    region: str
    accelerator: str
    instance_type: str
    instance_size: str
    usd_per_hour: float
    architecture: str
    accelerators: int
    cpus: int
    memory_gb: int
    gpu_memory_gb: int | None
    status: str = "available"

    @property
    def place(self) -> Place:
        """Return what joins it with an endpoint's document."""
        return (self.vendor, self.region, self.instance_type, self.instance_size)


def _cpu(vendor: str, region: str, kind: str, architecture: str, usd: float) -> list[Compute]:
    return [
        Compute(
            vendor=vendor,
            region=region,
            accelerator="cpu",
            instance_type=kind,
            instance_size=f"x{size}",
            usd_per_hour=round(usd * size, 3),
            architecture=architecture,
            accelerators=0,
            cpus=size,
            memory_gb=2 * size,
            gpu_memory_gb=None,
        )
        for size in (1, 2, 4, 8)
    ]


def _gpu(vendor: str, region: str, kind: str, architecture: str, *, gb: int, usd: dict[int, float]) -> list[Compute]:
    return [
        Compute(
            vendor=vendor,
            region=region,
            accelerator="neuron" if kind == "inf2" else "gpu",
            instance_type=kind,
            instance_size=f"x{size}",
            usd_per_hour=price,
            architecture=architecture,
            accelerators=size,
            cpus=8 * size,
            memory_gb=32 * size,
            gpu_memory_gb=None if kind == "inf2" else gb * size,
            status="low_availability" if kind == "nvidia-h200" else "available",
        )
        for size, price in usd.items()
    ]


CATALOGUE: tuple[Compute, ...] = (
    *_cpu("aws", "us-east-1", "intel-icl", "Intel Ice Lake", 0.032),
    *_cpu("aws", "us-east-1", "intel-spr", "Intel Sapphire Rapids", 0.033),
    *_gpu("aws", "us-east-1", "nvidia-t4", "Nvidia T4", gb=14, usd={1: 0.5, 4: 3.0}),
    *_gpu("aws", "us-east-1", "nvidia-l4", "Nvidia L4", gb=24, usd={1: 0.8, 4: 3.8}),
    *_gpu("aws", "us-east-1", "nvidia-a10g", "Nvidia A10G", gb=24, usd={1: 1.0, 4: 5.0}),
    *_gpu("aws", "us-east-1", "nvidia-l40s", "Nvidia L40S", gb=48, usd={1: 1.8, 4: 8.3, 8: 23.5}),
    *_gpu("aws", "us-east-1", "nvidia-a100", "Nvidia A100", gb=80, usd={1: 2.5, 2: 5.0, 4: 10.0, 8: 20.0}),
    *_gpu("aws", "us-east-1", "nvidia-h200", "Nvidia H200", gb=141, usd={1: 5.0, 2: 10.0, 4: 20.0, 8: 40.0}),
    *_gpu("aws", "us-east-1", "inf2", "AWS Inferentia2", gb=32, usd={1: 0.75, 12: 12.0}),
    *_cpu("aws", "eu-west-1", "intel-spr", "Intel Sapphire Rapids", 0.037),
    *_gpu("aws", "eu-west-1", "nvidia-l4", "Nvidia L4", gb=24, usd={1: 0.8}),
    *_gpu("aws", "eu-west-1", "nvidia-a100", "Nvidia A100", gb=80, usd={1: 2.5, 2: 5.0}),
    *_cpu("azure", "eastus", "intel-xeon", "Intel Xeon", 0.06),
    *_gpu("gcp", "us-east4", "nvidia-l4", "Nvidia L4", gb=24, usd={1: 0.7, 4: 3.8}),
    *_gpu("gcp", "us-east4", "nvidia-h100", "Nvidia H100", gb=80, usd={1: 10.0, 8: 80.0}),
)
BY_PLACE = {compute.place: compute for compute in CATALOGUE}


def provider_document(lives: Iterable[Life]) -> dict[str, Any]:
    """Return what `/v2/provider/{namespace}` says to a namespace with these endpoints."""
    used = _used(lives)
    vendors: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for compute in CATALOGUE:
        computes = vendors.setdefault(compute.vendor, {}).setdefault(compute.region, [])
        computes.append(_told(compute, used.get(compute.instance_type, 0)))
    return {
        "vendors": [
            {
                "name": vendor,
                "status": "available",
                "regions": [
                    {"name": region, "status": "available", "computes": computes}
                    for region, computes in regions.items()
                ],
            }
            for vendor, regions in vendors.items()
        ]
    }


def place_of(document: Document) -> Place:
    """Return which hardware a document asks for."""
    wanted, where = document["compute"], document["provider"]
    return (where["vendor"], where["region"], wanted["instanceType"], wanted["instanceSize"])


def micro_usd_per_hour(document: Document) -> int:
    """Return what one replica of it costs; nothing, where the catalogue has no price."""
    compute = BY_PLACE.get(place_of(document))
    return 0 if compute is None else round(compute.usd_per_hour * 10**6)


def _used(lives: Iterable[Life]) -> dict[str, int]:
    used: dict[str, int] = {}
    for life in lives:
        if life.state not in FREE and (compute := BY_PLACE.get(place_of(life.document))) is not None:
            replicas = max(1, life.least_replicas, life.target_replicas)
            used[compute.instance_type] = used.get(compute.instance_type, 0) + compute.accelerators * replicas
    return used


def _told(compute: Compute, used: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": f"{compute.vendor}-{compute.region}-{compute.instance_type}-{compute.instance_size}",
        "accelerator": compute.accelerator,
        "numAccelerators": compute.accelerators,
        "numCpus": compute.cpus,
        "memoryGb": compute.memory_gb,
        "instanceType": compute.instance_type,
        "instanceSize": compute.instance_size,
        "architecture": compute.architecture,
        "status": compute.status,
        "pricePerHour": compute.usd_per_hour,
        "quota": {"maxAccelerators": MOST_ACCELERATORS, "usedAccelerators": used},
    }
    if compute.gpu_memory_gb is not None:
        told["gpuMemoryGb"] = compute.gpu_memory_gb
    return told
