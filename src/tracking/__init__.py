"""MLflow's records: a listener, the process that writes what it hears, and what is read back."""

from src.tracking.claim import note_claim, record_claim, unsent_claims
from src.tracking.deleted import DeletedError
from src.tracking.state import is_complete
from src.tracking.tracker import Tracker
from src.tracking.tracker import open_tracker as open

__all__ = ["DeletedError", "Tracker", "is_complete", "note_claim", "open", "record_claim", "unsent_claims"]
