"""What stands around the figures on paper and in Excel: the head of the letter, its number, who signs. Pure."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Letterhead:
    """Every text may be empty."""

    institution: str  # "Badan Pengawas Pemilihan Umum"
    unit: str  # "Kabupaten Contoh"
    address: str  # of the office, one line or several
    signatory_name: str
    signatory_title: str  # "Kepala Sekretariat"
    signatory_number: str  # NIP
    report_number: str  # "045/HM.02/K.CTH/07/2026"; empty unless the report is locked
    locked_text: str  # "Disahkan 2 Juli 2026 oleh dewi"; empty unless the report is locked

    @classmethod
    def of(cls, office, *, report_number: str = "", locked_text: str = "") -> "Letterhead":
        """As the office's settings stand now."""
        return cls(
            institution=office.institution,
            unit=office.unit,
            address=office.address,
            signatory_name=office.signatory_name,
            signatory_title=office.signatory_title,
            signatory_number=office.signatory_number,
            report_number=report_number,
            locked_text=locked_text,
        )

    def to_json(self) -> str:
        """Always the same text for the same letterhead."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Letterhead":
        return cls(**json.loads(text))
