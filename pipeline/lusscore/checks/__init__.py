"""Findings about a cohort before anything is computed: what is wrong, and how much it matters."""

from lusscore.checks.agreement import (
    Agreement,
    PairAgreement,
    fleiss_kappa,
    measure_agreement,
    shared_amount,
)
from lusscore.checks.check_cohort import Verdict, check_cohort
from lusscore.checks.finding import LEVELS, Finding
from lusscore.checks.page import render_page
from lusscore.checks.preview import write_preview
from lusscore.checks.quick import quick_findings
from lusscore.checks.registry import register_check

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
