"""What schemathesis has to know of this service: keys and ids that no schema can say, and the answers of business_rules.yaml."""

import itertools
import json
import os
import re
from pathlib import Path
from urllib.parse import unquote

import schemathesis
import yaml
from schemathesis.core.failures import AcceptedNegativeData, ServerError
from schemathesis.openapi.checks import RejectedPositiveData

RULES = yaml.safe_load(Path(__file__).with_name("business_rules.yaml").read_text())
# Rules that an answer was found to follow are written to this file, if there is one.
APPLIED = os.environ.get("TILLGATE_RULES_APPLIED")
KEY = re.compile("[!-~]{1,255}")
TAGS = re.compile(r'\*|(W/)?"[!#-~]*"([ \t]*,[ \t]*(W/)?"[!#-~]*")*')
numbers = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Gives valid cases what no schema can say. Others stay as they are: schemathesis would judge them anew, and take some for valid."""
    if is_valid(case):
        renew_key(case)
        leave_out_broken_tags(case)
        name_in_body(case)
        name_one_page(case)
        show_all(case)
        lead_on(case)


def renew_key(case):
    """A key becomes one of its own: generated ones repeat, and would get the answers of earlier requests."""
    for name, value in (case.headers or {}).items():
        if name.lower() == "idempotency-key" and isinstance(value, str) and KEY.fullmatch(value):
            case.headers[name] = f"generated-{os.getpid()}-{next(numbers)}"


def leave_out_broken_tags(case):
    """Takes headers that can't be entity tags out: schemathesis fills in `0`, against the pattern."""
    for name in ("If-Match", "If-None-Match"):
        if name in (case.headers or {}) and not TAGS.fullmatch(case.headers[name]):
            del case.headers[name]


def is_valid(case):
    """Whether a case was generated to follow the document."""
    return case.meta is not None and case.meta.generation.mode.is_positive


def name_in_body(case):
    """The id in the body of an update is the one in the path, which a schema can't say."""
    if case.method == "PATCH" and isinstance(case.body, dict) and "data" in case.body:
        data = {**case.body["data"], "id": unquote(str(case.path_parameters["id"]))}
        case.body = {**case.body, "data": data}


def name_one_page(case):
    """A page is named by a number or a cursor, which a schema can't say."""
    named = [name for name in ("page[number]", "page[after]", "page[before]") if name in (case.query or {})]
    for name in named[1:]:
        del case.query[name]


def show_all(case):
    """Whole resources are asked for: the schemas of answers require members that `fields` leaves out."""
    for name in [name for name in case.query or {} if name.startswith("fields")]:
        del case.query[name]


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Keeps a failure unless it is about an answer that follows the rules."""
    if not isinstance(failure, (AcceptedNegativeData, RejectedPositiveData, ServerError)):
        return True
    if isinstance(failure, AcceptedNegativeData) and has_numeric_trigger(case):
        return False
    rules = [rule_of(error, response.status_code, case) for error in errors_of(response)]
    if not rules or None in rules:
        return True
    if APPLIED:
        with open(APPLIED, "a") as file:
            file.writelines(f"{rule}\n" for rule in rules)
    return False


def has_numeric_trigger(case):
    """Whether a trigger is 0 or 1: clients of the published API send it, and it is read as false or true."""
    body = case.body if isinstance(case.body, dict) else {}
    data = body.get("data") if isinstance(body.get("data"), dict) else {}
    attributes = data.get("attributes") if isinstance(data.get("attributes"), dict) else {}
    return any(name.startswith("_") and value in (0, 1) for name, value in attributes.items())


def lead_on(case):
    """Along links, a list is read from its start: pages far off are empty, and lead nowhere."""
    if case.meta.phase.name.value == "stateful":
        for name in ("page[number]", "page"):
            (case.query or {}).pop(name, None)


def errors_of(response):
    """The errors of an error document; none for anything else."""
    try:
        return json.loads(response.content).get("errors", [])
    except (ValueError, AttributeError):
        return []


def rule_of(error, status, case):
    """The number of the rule that an error tells of, or None."""
    return next((number for number, rule in enumerate(RULES) if fits(rule, error, status, case)), None)


def fits(rule, error, status, case):
    """Whether an error is the one of a rule."""
    source = error.get("source", {})
    return (
        rule["status"] == status
        and ("error" in rule or "code" in rule)
        and rule.get("error") in (None, error.get("meta", {}).get("error"))
        and rule.get("code") in (None, error["code"])
        and rule.get("pointer") in (None, source.get("pointer"))
        and rule.get("header") in (None, source.get("header"))
        and re.search(rule.get("detail", ""), error["detail"]) is not None
        and re.search(rule.get("operations", ""), f"{case.method} {case.operation.path}") is not None
    )
