"""Files as people have them, each with what is right: shape, types, roles, values, and every sentence about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

from app.functions.tables.profiling import profile_table
from app.functions.tables.reading import read_table

FILES = Path(__file__).with_name("cases")


@dataclass(frozen=True)
class Case:
    """A file and what is right."""

    key: str
    file: str
    shape: tuple[int, int] = (0, 0)
    columns: dict[str, tuple] = field(default_factory=dict)
    """Its type, its role, its first and its last value (dates in ISO 8601), and how many are missing."""
    notes: list[str] = field(default_factory=list)
    """How each sentence begins, in order."""
    refusal: str = ""


# fmt: off
CASES = (
    # Currency sign and thousands: $1,234.50
    Case("N01", 'n01_dollar.csv', (60, 3), {'revenue': ('float64', 'number', 1000.0, 3197.75, 0)}, [
      'Units were removed, and the numbers kept: "$" from "revenue".']),
    # Percent signs: 12.5%
    Case("N02", 'n02_percent.csv', (60, 3), {'rate': ('float64', 'number', 0.1, 0.513, 0)}, [
      'Percentages were read as shares, 12.5 % as 0.125: "rate".']),
    # French amounts: 1 234,50 € with no-break space
    Case("N03", 'n03_euro_nbsp.csv', (60, 3), {'Umsatz': ('float64', 'number', 1000.0, 22889.59, 0)}, [
      'Units were removed, and the numbers kept: "€" from "Umsatz".']),
    # Negatives in parentheses: (12.50)
    Case("N06", 'n06_paren_negative.csv', (60, 3), {'amount': ('float64', 'number', -1.5, 178.5, 0)}, [
      'Numbers in parentheses were read as negative: "amount".']),
    # Unicode minus sign: −4.5
    Case("N08", 'n08_unicode_minus.csv', (60, 3), {'temp': ('float64', 'number', -1.0, 29.5, 0)}),
    # Units in the cells: 103 kg
    Case("N09", 'n09_units.csv', (60, 3), {'weight': ('int64', 'number', 100, 277, 0)}, [
      'Units were removed, and the numbers kept: "kg" from "weight".']),
    # Semicolons, dots only between thousands: 987; 1.631; 44.029 (inhabitants)
    Case("N10", 'n10_german_dots.csv', (60, 3), {'Einwohner': ('int64', 'number', 900, 44029, 0)}, [
      'The dot in values such as 1.234 beside 900 was taken to stand between thousands: "Einwohner". I']),
    # US thousands in quotes, none above a million, no other decimals: "12,345"
    Case("N13", 'n13_us_thousands.csv', (60, 3), {'population': ('int64', 'number', 900, 44029, 0)}),
    # '.' for missing (FRED, SAS, Stata)
    Case("N15", 'n15_dot_missing.csv', (60, 3), {'VALUE': ('float64', 'number', None, 2.59, 5)}, [
      'Taken as missing: "." in 5 rows of "VALUE".']),
    # 1,000 decimals, one cell 'n.a.'
    Case("N17", 'n17_one_bad_cell.csv', (1000, 3), {'price': ('float64', 'number', 100.0, 469.63, 1)}, [
      'Taken as missing: "n.a." in 1 row of "price".']),
    # \N for missing
    Case("N19", 'n19_backslash_n.tsv', (60, 3), {'runtime': ('float64', 'number', None, 119.0, 10)}, [
      'Taken as missing: "\\N" in 10 rows of "runtime".']),
    # 'na' in lower case among numbers
    Case("N21", 'n21_lower_na.csv', (60, 3), {'dose': ('float64', 'number', None, 6.49, 6)}, [
      'Taken as missing: "na" in 6 rows of "dose".']),
    # Identifiers beyond 2^53
    Case("N23", 'n23_bigint.csv', (60, 3), {
      'tweet_id': ('int64', 'identifier', 1108034252451565568, 1108034252451565745, 0)}),
    # Identifiers beyond 2^53 with missing ones
    Case("N24", 'n24_bigint_missing.csv', (60, 3), {
      'tweet_id': ('int64', 'identifier', 1108034252451565568, 1108034252451565745, 0),
      'reply_to': ('str', 'category', '1108034252451565561', None, 45)}),
    # Whole numbers beyond 2^64
    Case("N25", 'n25_uint64.csv', (60, 3), {
      'hash': ('str', 'identifier', '18446744073709551615', '18446744073709551202', 0)}),
    # ZIP codes with leading zeros
    Case("N26", 'n26_zip.csv', (60, 3), {'zip': ('str', 'identifier', '01000', '08729', 0)}),
    # The header again in the middle of the file
    Case("N27", 'n27_repeated_header.csv', (57, 3), {
      'age': ('int64', 'number', 20, 38, 0),
      'pay': ('float64', 'number', 1000.0, 1435.0, 0)}, [
      'The header was repeated 3 times among the rows of data, and left out there.']),
    # Part codes such as 1E5
    Case("N28", 'n28_sci_codes.csv', (60, 3), {'part': ('float64', 'number', 1.0, 60000.0, 0)}),
    # Dates as 01-Jun-2022
    Case("D01", 'd01_month_names.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}),
    # Dates as 20230106
    Case("D03", 'd03_compact.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}, [
      'Digits such as 20240131 were read as dates: "day".']),
    # Dates as 06/01/22
    Case("D04", 'd04_two_digit_year.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}, [
      'Years of two digits were taken to come last and to lie between 1969 and 2068: "day".']),
    # Dates as 2018-04-11␣␣10:30:00
    Case("D07", 'd07_double_space.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 10:30:00', '2023-10-23 10:30:00', 0)}),
    # Dates as 2022-06
    Case("D08", 'd08_year_month.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-01 00:00:00', 0)}, [
      'Months were read as their first day: "day".']),
    # Dates as 01.06.22
    Case("D10", 'd10_dots_short.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}, [
      'Years of two digits were taken to come last and to lie between 1969 and 2068: "day".']),
    # Dates as 2022-06-01 10:00:00 UTC
    Case("D12", 'd12_utc_word.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 10:00:00', '2023-10-23 10:00:00', 0)}, [
      'Times with a time zone were turned into UTC: "day".']),
    # Dates as 2022.06.01
    Case("D13", 'd13_ymd_dots.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}),
    # Dates as 2022-06-01T00:00:00.000
    Case("D16", 'd16_socrata.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}),
    # Dates as 2022-06-01 10:00:00,123
    Case("D17", 'd17_comma_fraction.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 10:00:00.123000', '2023-10-23 10:00:00.123000', 0)}),
    # MySQL's 0000-00-00 among ISO dates
    Case("D19", 'd19_zero_date.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 4)}, [
      'Taken as missing: "0000-00-00" in 4 rows of "day".']),
    # 9999-12-31 for 'open'
    Case("D20", 'd20_sentinel.csv', (60, 3), {
      'end': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}),
    # Two formats in one column
    Case("D22", 'd22_mixed.csv', (60, 3), {'day': ('str', 'identifier', '01/01/2023', '2023-10-23', 0)}, [
      'The dates of "day" are written in several forms, so they were left as text. Write dates as 2024']),
    # Durations 1:23:45
    Case("D23", 'd23_durations.csv', (60, 3), {'took': ('float64', 'number', 0.0, 17993.0, 0)}, [
      'Durations and times of day were read as a number of seconds: "took".']),
    # Ambiguous 03/02/2023
    Case("D24", 'd24_ambiguous.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-06-04 00:00:00', 0)}, [
      'It is not certain whether day or month comes first; the month was taken to come first: "day". W']),
    # Epoch milliseconds in 'timestamp'
    Case("D25", 'd25_epoch_ms.csv', (60, 3), {
      'timestamp': ('int64', 'number', 1700000000000, 1705097600000, 0)}),
    # Minutes and seconds mixed in ISO
    Case("D26", 'd26_partial_time.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 10:00:30', '2023-10-23 10:00:00', 0)}),
    # Class 'None' (60 % of the rows) in the target
    Case("C02", 'c02_none_target.csv', (200, 3), {
      'Sleep Disorder': ('str', 'category', 'None', 'Sleep Apnea', 0)}, [
      'Kept as a value, though it may mean that there is none: "None" in 120 rows of "Sleep Disorder".']),
    # oui/non as target, oui more frequent
    Case("C04", 'c04_oui_non.csv', (200, 3), {'achat': ('str', 'boolean', 'oui', 'oui', 0)}),
    # Yes, yes, YES, No, no in one column
    Case("C05", 'c05_case_labels.csv', (200, 3), {'bought': ('str', 'boolean', 'Yes', 'Yes', 0)}, [
      'Labels that differ only by case, accents\' encoding or spaces were joined: "YES" and "Yes" and "']),
    # A class with one member
    Case("C07", 'c07_single_member.csv', (100, 3), {'class': ('str', 'category', 'a', 'b', 0)}),
    # inf in the target
    Case("C08", 'c08_inf_target.csv', (100, 3), {'y': ('float64', 'number', 0.0, 49.5, 1)}, [
      'Infinite values were taken as missing: "y".']),
    # A column without any value
    Case("C10", 'c10_all_missing.csv', (100, 4), {'note': ('float64', 'constant', None, None, 100)}),
    # Missing values in the target
    Case("C12", 'c12_missing_target.csv', (200, 3), {'y': ('str', 'category', None, 'b', 20)}),
    # 0.0 and 1.0
    Case("C13", 'c13_zero_one_float.csv', (100, 3), {'y': ('float64', 'boolean', 0.0, 1.0, 0)}),
    # World Bank CSV: four lines before the header, trailing commas
    Case("L01", 'l01_world_bank.csv', (40, 6), {
      '2019': ('float64', 'number', 100.0, 236.5, 0),
      'Country Name': ('str', 'text', 'Land 0', 'Land 39', 0)}, [
      '2 lines were left out above the table: "Data Source World Development Indicators", "Last Update']),
    # '#' comment lines before the header
    Case("L02", 'l02_hash_comments.csv', (60, 3), {
      'time': ('datetime64[us]', 'date', '2024-01-05 10:00:00', '2024-01-05 10:59:00', 0),
      'temp': ('float64', 'number', 20.0, 25.9, 0),
      'hum': ('int64', 'number', 50, 53, 0)}, [
      '2 lines were left out above the table: "# station 12", "# created 2024-01-05 by the logger".']),
    # R's write.table: the header lacks the row names' column
    Case("L04", 'l04_r_rownames.csv', (60, 4), {
      'column 1': ('int64', 'identifier', 1, 60, 0),
      'age': ('int64', 'number', 20, 39, 0)}, [
      'Columns without a name were named "column 1".']),
    # Qualtrics: two more header rows
    Case("L06", 'l06_qualtrics.csv', (80, 3), {
      'StartDate': ('datetime64[us]', 'date', '2024-01-01 10:00:00', '2024-01-24 10:00:00', 0),
      'Q1': ('int64', 'number', 20, 59, 0),
      'Q2': ('int64', 'number', 1, 10, 0)}, [
      '2 lines were left out below the header, where the columns are described: "Start Date How old ar']),
    # A total row and a source line at the end
    Case("L07", 'l07_footer.csv', (60, 3), {
      'month': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0),
      'sales': ('int64', 'number', 100, 159, 0),
      'cost': ('int64', 'number', 50, 109, 0)}, [
      '2 lines were left out below the table: "Total 7770 4770", "Source: own accounts".']),
    # Unnamed index column
    Case("L09", 'l09_pandas_index.csv', (60, 3), {'column 1': ('int64', 'identifier', 0, 59, 0)}, [
      'Columns without a name were named "column 1".']),
    # UTF-16 with BOM, tabs, decimal commas
    Case("L10", 'l10_utf16_tab.txt', (60, 3), {
      'größe': ('int64', 'number', 0, 5, 0),
      'preis': ('float64', 'number', 0.5, 59.5, 0)}),
    # Quotation marks escaped by a backslash
    Case("L12", 'l12_backslash_quotes.csv', (60, 3), {
      'said': ('str', 'text', 'he said "hi, there" 0', 'he said "hi, there" 59', 0),
      'n': ('int64', 'identifier', 0, 59, 0)}, [
      'Quotation marks with a backslash before them were read as part of their cell.']),
    # One NUL byte in a text file
    Case("L16", 'l16_nul.csv', (60, 3), {}, [
      '1 NUL byte was left out. The file may be damaged where it stood.']),
    # Lines end with CR only
    Case("L17", 'l17_cr_only.csv', (60, 3)),
    # Shift-JIS
    Case("L18", 'l18_shift_jis.csv', (60, 3), {
      '名前': ('str', 'category', '大阪', '東京', 0),
      '価格': ('int64', 'identifier', 0, 177, 0)}, [
      'The file is not UTF-8; it was read as Shift-JIS (Japanese). If letters look wrong, save it as U']),
    # 'sep=;' in quotes
    Case("L21", 'l21_sep_line_quoted.csv', (60, 3), {'b': ('float64', 'number', 0.5, 59.5, 0)}),
    # JSON in cells
    Case("L22", 'l22_json_cells.csv', (60, 3), {
      'tags': ('str', 'category', '{"a": [1, 2], "b": "x0"}', '{"a": [1, 2], "b": "x2"}', 0)}),
    # Empty columns and rows at the end
    Case("L24", 'l24_tail_blank_cols.csv', (60, 3), {}, [
      '20 rows without any value were left out.']),
    # Caret-delimited
    Case("L25", 'l25_caret.csv', refusal='has only one column; at least 2 are needed. Separate its cel'),
    # HTML table named .xls
    Case("L26", 'l26_html.xls', refusal='looks like an HTML page. Upload a table as CSV, TSV, Parquet'),
    # Semicolons; commas in header and decimals alike
    Case("L28", 'l28_semicolon_text_commas.csv', (60, 2), {
      'Preis, netto': ('float64', 'number', 0.5, 59.5, 0),
      'Menge, Stück': ('float64', 'number', 0.25, 59.25, 0)}),
    # Odd column names: dots, HTML, __proto__, braces, case, RTL, emoji
    Case("W01", 'w01_names.csv', (120, 25), {}, [
      'Columns without a name were named "column 3", "column 4".']),
    # Duplicate headers; one looks like a renamed one
    Case("W02", 'w02_dups.csv', (60, 6), {
      'id (2)': ('int64', 'identifier', 0, 118, 0),
      'x (2)': ('int64', 'number', 0, 4, 0)}, [
      'Column names that appear more than once were numbered: "id (2)", "x (2)".']),
    # Parquet types: decimal, uint64, ns, tz, time, duration, dictionary, null, list, struct
    Case("P01", 'p01_types.parquet', (60, 11), {
      'dec': ('float64', 'number', 0.0, 14.75, 0),
      'u64': ('str', 'identifier', '9223372036854775808', '9223372036854775867', 0),
      't32': ('float64', 'number', 0.0, 3540.0, 0),
      'dur': ('float64', 'number', 0.0, 212400.0, 0),
      'ts_ns': ('datetime64[us]', 'constant', '2023-11-14 22:13:20.123456', '2023-11-14 22:13:20.123456', 0)}, [
      'Times with a time zone were turned into UTC: "ts_tz".',
      'Durations and times of day were read as a number of seconds: "t32", "dur".',
      'Columns of lists or records were left out: "lst", "stc".']),
    # Texts stored as binary (no UTF8 annotation)
    Case("P02", 'p02_binary.parquet', (60, 2), {'label': ('str', 'boolean', 'yes', 'no', 0)}),
    # Parquet without rows
    Case("P04", 'p04_empty.parquet', refusal='has a header row, but no rows of data below it. Add at least'),
    # 10 row groups, a named index
    Case("P05", 'p05_groups_index.parquet', (1000, 3), {'customer': ('int64', 'identifier', 1000, 1999, 0)}),
    # A Feather file named .parquet
    Case("P06", 'p06_feather.parquet', refusal='looks like an Arrow or Feather file. Upload a table as CSV, '),
    # Parquet with duplicate names
    Case("P07", 'p07_dups.parquet', (60, 3), {
      'a': ('int64', 'identifier', 0, 59, 0),
      'a (2)': ('str', 'category', 'a', 'c', 0),
      'b': ('int64', 'identifier', 0, 59, 0)}, [
      'Column names that appear more than once were numbered: "a (2)".']),
    # Categorical, Period and Interval columns of pandas
    Case("P08", 'p08_pandas_ext.parquet', (60, 3), {
      's': ('str', 'category', 'a', 'c', 0),
      'p': ('datetime64[us]', 'date', '2020-01-01 00:00:00', '2024-12-01 00:00:00', 0)}, [
      'Periods were read as their first moment: "p".',
      'Columns of lists or records were left out: "c".']),
    # Numbers and dates stored as text in Parquet
    Case("P10", 'p10_text_numbers.parquet', (60, 3), {
      'price': ('float64', 'number', 0.0, 88.5, 0),
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-10-23 00:00:00', 0)}),
    # Excel: dates, times, durations [h]:mm, percent, error cells
    Case("X01", 'x01_types.xlsx', (60, 7), {
      'day': ('datetime64[us]', 'date', '2024-01-01 00:00:00', '2024-02-29 00:00:00', 0),
      'time': ('float64', 'number', 36000.0, 39540.0, 0),
      'took': ('float64', 'number', 72000.0, 284400.0, 0),
      'share': ('float64', 'number', 0.0, 0.59, 0),
      'ok': ('bool', 'boolean', True, False, 0),
      'err': ('float64', 'number', None, 88.5, 7)}, [
      'Formulas that end in an error, such as #DIV/0!, were taken as missing: 7 in "err".',
      'Durations and times of day were read as a number of seconds: "time", "took".']),
    # The first sheet is hidden (lookup), the data on the second
    Case("X03", 'x03_hidden_first.xlsx', (60, 3), {
      'a': ('float64', 'number', 0.0, 88.5, 0),
      'b': ('str', 'category', 'a', 'c', 0),
      'y': ('int64', 'boolean', 0, 1, 0)}, [
      'The file has 2 sheets; the first that holds a table was read: "Data".']),
    # Formulas that no program has computed
    Case("X04", 'x04_formulas_uncached.xlsx', (60, 3), {'sum': ('float64', 'constant', None, None, 60)}, [
      'The file does not hold the values of some formulas, so these cells are missing: 60 in "sum". Op']),
    # Merged cells down the first column
    Case("X05", 'x05_merged_body.xlsx', (60, 3), {'region': ('str', 'category', 'R0', 'R57', 0)}, [
      'Merged cells were filled down: "region".']),
    # Years as numbers in the header
    Case("X09", 'x09_year_headers.xlsx', (60, 4), {
      '2019': ('int64', 'identifier', 0, 59, 0),
      '2021': ('int64', 'identifier', 0, 177, 0)}),
    # 1904 date system
    Case("X10", 'x10_1904.xlsx', (60, 2), {
      'day': ('datetime64[us]', 'date', '2024-01-01 00:00:00', '2024-02-29 00:00:00', 0)}),
    # A date cell beyond year 9999
    Case("X11", 'x11_year_10113.xlsx', (60, 2), {
      'day': ('datetime64[us]', 'date', '2024-01-01 00:00:00', '2024-02-29 00:00:00', 1)}, [
      '1 cell of "day" is no date and was taken as missing: "3000000" (1).']),
    # Text NA in Excel
    Case("X13", 'x13_na_text.xlsx', (60, 2), {'code': ('str', 'category', 'NA', 'DE', 0)}, [
      'Kept as a value, though it may mean that there is none: "NA" in 15 rows of "code".']),
    # int64 beyond 2^53 with nulls, uint64 beyond 2^63 in Parquet
    Case("P12", 'p12_int_null.parquet', (60, 3), {
      'reply_to': ('str', 'category', '1108034252451565561', None, 45),
      'u64': ('str', 'identifier', '9223372036854775808', '9223372036854776221', 0)}),
    # German 29.1.2023, not padded
    Case("D27", 'd27_year_first_ddmm.csv', (60, 3), {
      'day': ('datetime64[us]', 'date', '2023-01-01 00:00:00', '2023-12-04 00:00:00', 0)}),
    # Quoted whole numbers
    Case("N29", 'n29_mixed_quote_numbers.csv', (60, 3), {
      'a': ('int64', 'identifier', 0, 59, 0),
      'b': ('float64', 'number', 0.0, 88.5, 0)}),
    # Tabs, decimal comma with three digits always
    Case("N30", 'n30_tab_decimal_comma.tsv', (60, 3), {
      'x': ('float64', 'number', 0.025, 59.925, 0),
      'y': ('float64', 'number', 0.125, 59.125, 0)}),
    # The same name in two Unicode forms
    Case("C14", 'c14_cafe_norm.csv', (60, 3), {'city': ('str', 'constant', 'Zürich', 'Zürich', 0)}, [
      'Labels that differ only by case, accents\' encoding or spaces were joined: "Zürich" and "Zürich']),
    # UCI Credit Approval: target + and -
    Case("C17", 'c17_credit_approval.csv', (120, 3), {
      'A1': ('str', 'category', 'a', None, 40),
      'A16': ('str', 'category', '+', '-', 0)}, [
      'Taken as missing: "?" in 40 rows of "A1".',
      'Kept as a value, though it may mean that there is none: "-" in 60 rows of "A16".']),
    # DataFrame.to_excel: the header of the index column is blank
    Case("X14", 'x14_to_excel_index.xlsx', (60, 3), {'column 1': ('int64', 'identifier', 0, 59, 0)}, [
      'Columns without a name were named "column 1".']),
    # Annual series: year 1959 to 2023, each once
    Case("Y01", 'y01_years.csv', (65, 3), {'year': ('int64', 'number', 1959, 2023, 0)}),
)
# fmt: on


def _plain(value: object) -> object:
    if pd.isna(value):
        return None
    return str(value) if isinstance(value, pd.Timestamp) else value


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.key)
def test_a_file_from_real_life_is_read_right(case):
    with (FILES / case.file).open("rb") as file:
        if case.refusal:
            with pytest.raises(ValueError) as refusal:
                read_table(file, case.file, 10**8)
            assert str(refusal.value).startswith(f"'{case.file}' {case.refusal}")
            return
        result = read_table(file, case.file, 10**8)
    assert result.frame.shape == case.shape
    assert len(result.notes) == len(case.notes), result.notes
    for note, beginning in zip(result.notes, case.notes):
        assert note.startswith(beginning)
    profile = profile_table(result.frame)
    found = {
        name: (
            str(result.frame[name].dtype),
            profile.column(name).role,
            _plain(result.frame[name].iloc[0]),
            _plain(result.frame[name].iloc[-1]),
            profile.column(name).missing,
        )
        for name in case.columns
    }
    assert found == case.columns


def test_every_file_is_a_case():
    assert {case.file for case in CASES} == {path.name for path in FILES.iterdir()}
