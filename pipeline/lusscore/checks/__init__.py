"""Findings about a cohort before anything is computed: what is wrong, and how much it matters."""

from lusscore.checks.agreement import (
    Agreement,
    PairAgreement,
    fleiss_kappa,
    measure_agreement,
    shared_amount,
)
from lusscore.checks.cohort_check import Verdict, check_cohort, quick_findings
from lusscore.checks.findings import LEVELS, Finding, register_check
from lusscore.checks.page import render_page, write_preview

__all__ = [
    "LEVELS",
    "Agreement",
    "Finding",
    "PairAgreement",
    "Verdict",
    "check_cohort",
    "fleiss_kappa",
    "measure_agreement",
    "quick_findings",
    "register_check",
    "render_page",
    "shared_amount",
    "write_preview",
]
