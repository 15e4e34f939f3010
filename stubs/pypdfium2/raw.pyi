from pypdfium2 import PdfDocument

def FPDF_GetSecurityHandlerRevision(document: PdfDocument) -> int: ...  # noqa: N802
