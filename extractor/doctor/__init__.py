"""`extractor doctor`: is every part there, and if not, what to do. Spends nothing and touches no row."""

from extractor.doctor.check import Finding, State
from extractor.doctor.examination import examine
from extractor.doctor.report import print_findings

__all__ = ["Finding", "State", "examine", "print_findings"]
