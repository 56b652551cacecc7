"""Payments, and what services cost."""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from portal.ingest.kinds.item import (
    MOST_MINOR,
    Amount,
    Currency,
    Happening,
    Id,
    Ref,
    SignedAmount,
    Word,
    known,
    reference,
    word,
)
from portal.ingest.kinds.kind import KINDS, FactKind, Fold
from portal.models.facts.money import Payment, UsageCost

Number = Annotated[float, Meta(ge=-MOST_MINOR, le=MOST_MINOR)]


class PaymentItem(Happening, kw_only=True):
    """Money received; a refund is negative."""

    amount_minor: SignedAmount
    currency: Currency = UNSET
    kind: Literal["one_time", "recurring", "deposit", "chargeback"] | UnsetType | None = UNSET
    refund_of: Ref | UnsetType | None = UNSET
    job_id: Ref | UnsetType | None = UNSET
    invoice_id: Ref | UnsetType | None = UNSET
    subscription_id: Ref | UnsetType | None = UNSET
    fee_minor: SignedAmount | UnsetType | None = UNSET
    method: Word = UNSET
    product: Word = UNSET
    country: Word = UNSET


class UsageCostItem(Happening, kw_only=True):
    """What a service cost, in millionths of the unit."""

    service: Id
    amount_micros: Amount
    currency: Currency = UNSET
    quantity: Number | UnsetType | None = UNSET


def derive_payment(fold: Fold) -> tuple[Any, ...]:
    """Give a payment's columns."""
    item = fold.item
    return (
        item.amount_minor,
        fold.currency(item.currency),
        word(item.kind),
        *reference(item.refund_of),
        *reference(item.job_id),
        reference(item.invoice_id)[1],
        reference(item.subscription_id)[1],
        known(item.fee_minor),
        word(item.method),
        word(item.product),
        word(item.country),
    )


def derive_usage_cost(fold: Fold) -> tuple[Any, ...]:
    """Give a usage cost's columns."""
    item = fold.item
    return (item.service, item.amount_micros, fold.currency(item.currency), known(item.quantity))


KINDS.add(
    "payments",
    FactKind(
        key="payments",
        model=Payment,
        item=PaymentItem,
        columns=(
            "amount_minor",
            "currency",
            "kind",
            "refund_of_system",
            "refund_of_ref",
            "job_system",
            "job_ref",
            "invoice_ref",
            "subscription_ref",
            "fee_minor",
            "method",
            "product",
            "country",
        ),
        derive=derive_payment,
        references=(("refund_of_ref", "payment"), ("job_ref", "job")),
    ),
)
KINDS.add(
    "usage_costs",
    FactKind(
        key="usage_costs",
        model=UsageCost,
        item=UsageCostItem,
        columns=("service", "amount_micros", "currency", "quantity"),
        derive=derive_usage_cost,
    ),
)
