"""What the daily pipeline keeps: runs and their work, what was imported, what was set aside."""

from admin_processing.models.audit import AuditEntry
from admin_processing.models.fidelity import FidelityDay, FidelityDifference, FidelitySymbol
from admin_processing.models.imports import ImportCoverage, ImportedFile, RejectedRow
from admin_processing.models.runs import (
    JobCommand,
    ProcessingChunk,
    ProcessingFailure,
    ProcessingLog,
    ProcessingRun,
)

__all__ = [
    "AuditEntry",
    "FidelityDay",
    "FidelityDifference",
    "FidelitySymbol",
    "ImportCoverage",
    "ImportedFile",
    "JobCommand",
    "ProcessingChunk",
    "ProcessingFailure",
    "ProcessingLog",
    "ProcessingRun",
    "RejectedRow",
]
