"""Realised profit and loss of share trades by FIFO lots.

Reads inputs/trades.csv, one trade a line in any order of days:
    date,security,side,quantity,price[,exchange_rate]
and writes outputs/report.csv (a line for each security that was sold) and outputs/report.json.
Every amount is an exact decimal in the home currency; nothing is rounded.
"""

import csv
import json
import sys
from collections import deque
from datetime import date
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, setcontext

# Sums and products of decimals are exact; an operation that is not ends the program.
setcontext(Context(prec=100, traps=[Inexact, InvalidOperation, Overflow]))

COLUMNS = ["date", "security", "side", "quantity", "price"]
REPORTED_ERRORS = 20
# Days after which a gain is a long-term one are counted in whole months of holding.
LONG_TERM_MONTHS = {"domestic": 12, "foreign": 24}
FIELDS = ["quantity_sold", "proceeds", "cost", "short_term_gain", "long_term_gain", "gain"]


class BadRow(Exception):
    pass


def amount_of(text, name):
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        raise BadRow(f'{name} "{text[:40]}" is not a number') from None
    if not value.is_finite() or value <= 0 or len(value.as_tuple().digits) > 20 or abs(value.adjusted()) > 20:
        raise BadRow(f'{name} "{text[:40]}" is not a positive number of at most 20 digits')
    return value


def day_of(text):
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadRow(f'date "{text[:40]}" is not a day such as 2026-03-31') from None


def trade_of(row, columns, is_foreign):
    if len(row) != len(columns):
        raise BadRow(f"has {len(row)} columns instead of {len(columns)}")
    field = dict(zip(columns, row))
    security = field["security"].strip()
    side = field["side"].strip().upper()
    if not security or len(security) > 100:
        raise BadRow("security is empty or longer than 100 characters")
    if side not in ("BUY", "SELL"):
        raise BadRow(f'side "{side[:40]}" is neither BUY nor SELL')
    price = amount_of(field["price"], "price")
    if is_foreign:
        price *= amount_of(field["exchange_rate"], "exchange_rate")
    return day_of(field["date"]), security, side, amount_of(field["quantity"], "quantity"), price


def read_trades(path, is_foreign):
    columns = COLUMNS + (["exchange_rate"] if is_foreign else [])
    trades, errors = [], []
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = [name.strip().lower() for name in next(rows, [])]
        if header != columns:
            return [], [f"line 1: the columns must be {','.join(columns)}"]
        for row in rows:
            if not row:
                continue
            try:
                trades.append((*trade_of(row, columns, is_foreign), rows.line_num))
            except BadRow as error:
                errors.append(f"line {rows.line_num}: {error}")
    # Python's sort keeps the order of lines within a day.
    return sorted(trades, key=lambda trade: trade[0]), errors


def months_held(bought, sold):
    months = (sold.year - bought.year) * 12 + sold.month - bought.month
    return months if sold.day >= bought.day else months - 1


class Security:
    def __init__(self):
        self.lots = deque()
        self.sums = {name: Decimal(0) for name in FIELDS}

    def buy(self, day, quantity, price):
        self.lots.append([day, quantity, price])

    def held(self):
        return sum((lot[1] for lot in self.lots), Decimal(0))

    def sell(self, day, quantity, price, long_term_months):
        left = quantity
        while left > 0:
            if not self.lots:
                raise BadRow(f"sells {left} more than was bought before")
            lot = self.lots[0]
            taken = min(left, lot[1])
            proceeds, cost = taken * price, taken * lot[2]
            is_long = months_held(lot[0], day) >= long_term_months
            self.note(taken, proceeds, cost, "long_term_gain" if is_long else "short_term_gain")
            lot[1] -= taken
            left -= taken
            if lot[1] == 0:
                self.lots.popleft()

    def note(self, quantity, proceeds, cost, kind):
        sums = self.sums
        sums["quantity_sold"] += quantity
        sums["proceeds"] += proceeds
        sums["cost"] += cost
        sums[kind] += proceeds - cost
        sums["gain"] += proceeds - cost


def settle(trades, long_term_months):
    securities, errors = {}, []
    for day, name, side, quantity, price, line in trades:
        security = securities.setdefault(name, Security())
        try:
            if side == "BUY":
                security.buy(day, quantity, price)
            else:
                security.sell(day, quantity, price, long_term_months)
        except BadRow as error:
            errors.append(f"line {line}: {error}")
    return securities, errors


def plain(value):
    """Without exponent and without zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def report_of(securities, security_type, count):
    sold = {name: one for name, one in sorted(securities.items()) if one.sums["quantity_sold"] > 0}
    lines = [
        {
            "security": name,
            **{field: plain(one.sums[field]) for field in FIELDS},
            "quantity_held": plain(one.held()),
        }
        for name, one in sold.items()
    ]
    totals = {
        field: plain(sum((one.sums[field] for one in sold.values()), Decimal(0))) for field in FIELDS[1:]
    }
    return {"security_type": security_type, "trades": count, "totals": totals, "securities": lines}


def write_report(report):
    with open("outputs/report.json", "w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.write("\n")
    with open("outputs/report.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["security", *FIELDS, "quantity_held"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(report["securities"])


def fail(errors):
    for error in errors[:REPORTED_ERRORS]:
        print(error, file=sys.stderr)
    if len(errors) > REPORTED_ERRORS:
        print(f"and {len(errors) - REPORTED_ERRORS} more", file=sys.stderr)
    sys.exit(1)


def main():
    with open("params.json", encoding="utf-8") as file:
        security_type = json.load(file)["security_type"]
    try:
        trades, errors = read_trades("inputs/trades.csv", security_type == "foreign")
    except (UnicodeDecodeError, csv.Error) as error:
        fail([f"the file is no CSV in UTF-8: {error}"])
    if errors:
        fail(errors)
    print(f"{len(trades)} trades read", flush=True)
    securities, errors = settle(trades, LONG_TERM_MONTHS[security_type])
    if errors:
        fail(errors)
    write_report(report_of(securities, security_type, len(trades)))
    print("report written")


main()
