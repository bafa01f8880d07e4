/** What the editor begins with: small, complete, and does something. */
export const EXAMPLE_RULES = `package tenant.rules

# Sees what every decision sees: input.server, input.tool, input.arguments, input.principal,
# input.subjects, input.arm, input.surface, input.time. May say deny, approval, mask_fields,
# row_cap and call_cap, each with "contains". It can only take back what grants allow.

deny contains "nothing is refunded at night" if {
	input.tool == "refund"
	hour := to_number(substring(input.time, 11, 2)) # UTC
	hour < 6
}

approval contains {"persons": 1, "minutes": 60, "reason": "a large refund"} if {
	input.tool == "refund"
	input.arguments.amount > 500
}
`;

export const EXAMPLE_TESTS = `package tenant.rules_test

import data.tenant.rules

refund(amount, time) := {"tool": "refund", "arguments": {"amount": amount}, "time": time}

test_at_night if count(rules.deny) == 1 with input as refund(5, "2026-11-21T03:00:00.000Z")

test_by_day if count(rules.deny) == 0 with input as refund(5, "2026-11-21T12:00:00.000Z")

test_large if count(rules.approval) == 1 with input as refund(501, "2026-11-21T12:00:00.000Z")
`;
