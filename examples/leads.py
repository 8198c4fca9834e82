"""Look up and change CRM leads: a bot that reads and writes an Odoo model.

ODOOCHAT_URL=… ODOOCHAT_LOGIN=… ODOOCHAT_PASSWORD=… python examples/leads.py
"""

from __future__ import annotations

from typing import Any

from odoochat.bot import Bot, BotError, Context, Rest, internal_user

MODEL = "crm.lead"
FIELD = "expected_revenue"

bot = Bot("leads")


async def find(ctx: Context, number: int) -> dict[str, Any]:
    """Return a lead's name and revenue."""
    rows = await ctx.odoo.execute(MODEL, "search_read", domain=[["id", "=", number]], fields=["name", FIELD])
    if not rows:
        raise BotError(f"There is no lead {number}.")
    found: dict[str, Any] = rows[0]
    return found


@bot.command(allow=internal_user)
async def leads(ctx: Context, text: Rest) -> str:
    """List the leads whose name contains a text.

    Args:
        text: part of the name.
    """
    domain = [["name", "ilike", text]]
    rows = await ctx.odoo.execute(MODEL, "search_read", domain=domain, fields=["name"], limit=10, order="name")
    return "\n".join(f"{row['id']}: {row['name']}" for row in rows) or f"No lead contains “{text}”."


@bot.command(allow=internal_user)
async def revenue(ctx: Context, number: int, amount: float) -> str | None:
    """Change a lead's expected revenue and post a note about it.

    Args:
        number: id of the lead.
        amount: the new revenue.
    """
    lead = await find(ctx, number)
    if not await ctx.confirm(f"Change the revenue of {lead['name']} from {lead[FIELD]:g} to {amount:g}?"):
        return "Nothing was changed."
    await ctx.odoo.execute(MODEL, "write", [number], vals={FIELD: amount})
    record = await ctx.odoo.record(MODEL, number)
    await record.note(f"{ctx.author.name} changed the expected revenue to {amount:g} in Discuss.")
    return f"{lead['name']} is now worth {amount:g}."


if __name__ == "__main__":
    bot.run(state="leads-state")
