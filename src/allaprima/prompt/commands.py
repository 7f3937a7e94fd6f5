"""`allaprima parse PROMPT`: what a prompt is understood as, for people or as JSON. Knows nothing of painting."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from allaprima.prompt.canonical import number
from allaprima.prompt.mistake import PromptMistake
from allaprima.prompt.parser import parse
from allaprima.prompt.tree import ParsedPrompt

PARSE_SETTINGS = {"ignore_unknown_options": True}
"""Context settings for the command, so that a prompt's own parameters need no quotes around them."""


def parse_command(
    prompt: Annotated[list[str], typer.Argument(help="The prompt, with its parameters.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how a prompt is read: jobs, words with weights, parameters, warnings."""
    text = " ".join(prompt)
    try:
        parsed = parse(text)
    except PromptMistake as mistake:
        if as_json:
            typer.echo(json.dumps({"error": mistake.to_json()}))
        else:
            typer.echo(f"{mistake.pointed_at(text)}\n{mistake.message}", err=True)
        raise typer.Exit(2) from None
    typer.echo(json.dumps(parsed.to_json()) if as_json else describe(parsed))


def describe(parsed: ParsedPrompt) -> str:
    """What was understood, in lines for people."""
    lines: list[str] = []
    for index, job in enumerate(parsed.jobs, 1):
        lines.append(f"job {index} of {len(parsed.jobs)}: {job.canonical}")
        lines += [f"  picture   {image.ref}  ({number(image.weight)})" for image in job.images]
        lines += [f"  words     {p.text}  ({number(p.weight)}, {number(p.normalised * 100)} %)" for p in job.text]
        lines += [f"  letters   {words}" for words in job.quoted]
        lines += [f"  --{name:<9} {json.dumps(value)}" for name, value in job.parameters.to_json().items()]
    return "\n".join([*lines, *(f"note: {warning}" for warning in parsed.warnings)])
