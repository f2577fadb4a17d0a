"""The lint rules, each with a sentence that says what it forbids and why."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RULES", "Finding"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A breach of a rule: its place, and what was found there."""

    rule: str
    where: str
    text: str


RULES = {
    # The package
    "damaged part": "Every XML part can be parsed",
    "doctype": "No part declares a document type: entities could expand without bound, or fetch files",
    "strict form": "Not in the strict form of the format: openpyxl, and what reads with it, finds no sheets in it",
    "missing part": "Every relationship leads to a part of the package",
    "absolute target": "Relationships lead to parts relative to their own: some readers cannot follow others",
    "content type": "Every part has a content type; without one Excel offers to repair the file",
    "external link": "No links to other workbooks: readers are asked about them, and they break when the file is sent",
    "active content": "No macros, embedded objects, controls or data connections",
    # Names
    "name is a cell": "No name that Excel reads as the address of a cell, such as fp8, kv1 or R1C1",
    "name is reserved": "No name of a function or a constant",
    "name characters": "Names are ASCII letters, digits and underscores, begin with no digit, and have at most 255",
    "name twice": "Names and tables differ in more than case",
    "name target": "A name refers to cells of existing sheets, not for a formula or a table's column",
    # Tables
    "table name": "A table's name follows the rules for names, and is not the address of a cell",
    "table heads": "A table's head cells hold the texts of its columns' names",
    "table columns": "The columns of a table differ in more than case, have their own identifiers, and fill its width",
    "table overlap": "Tables do not overlap",
    "table is empty": "A table has at least one row below its heads",
    "table and merged cells": "No merged cells in a table",
    "array in table": "No formula of several cells in a table, where Excel does not allow it",
    "table and filter": "A table and the sheet's own filter do not overlap",
    # Sheets
    "sheet title": "A sheet's title has at most 31 characters, none of : \\ / ? * [ ], no ' at its ends, not History",
    "sheet title twice": "Titles of sheets differ in more than case",
    "sheet size": "At most 1,048,576 rows and 16,384 columns",
    "column width": "Columns are at most 255 characters wide",
    "link target": "Links lead to http, https, mailto, or a sheet or name that is there, in at most 2,079 characters",
    "too many links": "At most 65,530 links on a sheet",
    "validation reference": "No structured references or array constants in validation, where Excel does not read them",
    "validation list": "A list of values in validation has at most 255 characters",
    "validation message": "Titles of messages have at most 32 characters, messages at most 255",
    "validation is silent": "Validation shows an error message; without it anything can be typed",
    "condition reference": "No structured references or array constants in conditional formats",
    # Formulas
    "formula length": "At most 8,192 characters in a formula",
    "formula depth": "At most 64 levels in a formula",
    "text in formula": "At most 255 characters in a text of a formula",
    "leading equals sign": "A stored formula does not begin with an equals sign",
    "new function": "Functions that came after 2007 are stored with their prefix, or Excel shows #NAME?",
    "volatile function": "No functions that are computed on every change",
    "function reaches out": "No function or link that reaches services, files or programs outside of the workbook",
    "this row": "[#This Row] is stored in full: the short form with @ is Excel's display only",
    "bare table": "No table without a column: LibreOffice counts the heads of a bare name, and does not read t[#All]",
    "reference to nothing": "Formulas refer to tables, columns and sheets that are there, and hold no #REF!",
    "unknown name": "Every name in a formula is a name of the workbook or a function",
    "array condition": "IF inside SUMPRODUCT needs an array formula: Excel computes its first value only",
    # Cells
    "text length": "At most 32,767 characters in a cell",
    "control character": "No control characters in texts",
    "shared text": "A cell's shared text is in the table of texts",
    "number": "Numbers are finite",
    "formula without value": "Every formula holds its value: without one, previews and readers show nothing",
    "number format": "A number format has at most 4 sections and 255 characters, with quotes and brackets closed",
    # Charts
    "chart reference": "A chart draws cells of a sheet that is there; LibreOffice draws nothing for a name",
    "chart style": "A scatter chart says its style, which the format requires",
    "chart axis": "An axis says whether it is shown; programs assume different things",
    "chart labels": "Labels say of each item whether it is shown, and of a number format whether it is the cells'",
}
