"""The proof that our message log has a message, as its sender gets it over REST."""

from pydantic import Field

from services.exchange.model.record import Proof
from services.exchange.schemas.referral import LogLeaf, Out


class ProofOut(Out):
    """An inclusion proof (RFC 9162 § 2.1.3) with the signed checkpoint that it leads to."""

    index: int = Field(ge=0, description="Where the message stands in the log.", examples=[41])
    size: int = Field(ge=1, description="Of the tree.", examples=[1024])
    leaf: LogLeaf = Field(description="The receipt.")
    path: tuple[LogLeaf, ...] = Field(description="From the leaf to the root of the checkpoint.")
    note: str = Field(description="The checkpoint, a signed note (C2SP tlog-checkpoint).")

    @classmethod
    def of(cls, proof: Proof) -> "ProofOut":
        """From what an action tells."""
        return cls(
            index=proof.index,
            size=proof.size,
            leaf=proof.leaf.hex(),
            path=tuple(each.hex() for each in proof.path),
            note=proof.note,
        )
