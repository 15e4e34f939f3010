"""Where the site's pages live (docs/site.md#addresses); the real ones of the invented paths are unknown."""

from __future__ import annotations

from typing import Final

from extractor.standin.demand import Source

SIRF: Final = "/Sirf/"
IMAGES: Final = "/Sirf/images"
LOGIN: Final = "/Sirf/Script/14_06_01-02/pf_14_06_01_reglr.asp"
INDEX_FORM: Final = "/Sirf/Script/13_01_11/pf_13_01_11_02_indx_immbl.asp"
ACTE_FORM: Final = "/Sirf/Script/13_01_11/pf_13_01_11_08_reqst.asp"
PLAN_FORM: Final = "/Sirf/Script/13_01_11/pf_13_01_11_10_plan_cadst.asp"
PLAN_SELECTION: Final = "/Sirf/Script/13_01_08/pf_13_01_08_selct_plan_cadst.asp"
CONFIRMATION: Final = "/Sirf/Script/13_01_13/pf_13_01_13_confr_demnd.asp"

# Invented.
OTHER_ENTRY: Final = "/Sirf/Script/13_01_01/pf_13_01_01_entre.asp"
WELCOME: Final = "/Sirf/Script/13_01_01/pf_13_01_01_menu_clien.asp"
QUESTION: Final = "/Sirf/Script/14_06_01-02/pf_14_06_01_quest_persn.asp"
LOGOUT: Final = "/Sirf/Script/14_06_01-02/pf_14_06_02_fermr_sessn.asp"
WARNING: Final = "/Sirf/Script/13_01_08/pf_13_01_08_avert_lot.asp"
REDIRECT: Final = "/Sirf/Script/13_01_13/pf_13_01_13_redrc.asp"
WAITING_FRAME: Final = "/Sirf/Script/13_01_13/pf_13_01_13_attnt.asp"
WAITING_HOP: Final = "/Sirf/Script/13_01_13/pf_13_01_13_suivt.asp"
ABANDON: Final = "/Sirf/Script/13_01_13/pf_13_01_13_annul_demnd.asp"
FRAMESET: Final = "/Sirf/Script/13_01_13/pf_13_01_13_afich.asp"
MENU_FRAME: Final = "/Sirf/Script/13_01_13/pf_13_01_13_menu.asp"
# The `page` frame's address contains `Docmn`, the save link's `impri_sauvg` (docs/site.md#document-page).
PAGE_FRAME: Final = "/Sirf/Script/13_01_13/pf_13_01_13_Docmn.asp"
SAVE: Final = "/Sirf/Script/13_01_13/pf_13_01_13_impri_sauvg.asp"
PRINT_PAGE: Final = "/Sirf/Script/13_01_13/pf_13_01_13_impri_sauvg_page.asp"

FORMS: Final[dict[Source, str]] = {
    "index": INDEX_FORM,
    "acte": ACTE_FORM,
    "plan_cadastraux": PLAN_FORM,
}
