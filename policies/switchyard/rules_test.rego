package switchyard_test

import data.switchyard

base_rule := {
	"name": "r",
	"subjects": [],
	"when": {"arguments": [], "arms": [], "times": null},
	"effect": {"deny": false, "approval": null, "maskFields": [], "rowCap": null, "callCap": null},
	"reason": "because",
}

rule(over) := object.union(base_rule, over)

ask(persons) := {"approval": {"persons": persons, "minutes": 30}}

granted := role_grant("analyst", "memory", "*", "allow")

ruled(request, rules) := found if {
	found := switchyard.decision with input as request with data.tenant.grants as granted
		with data.tenant.rules as {"memory": {"read_graph": rules}}
}

with_arguments(arguments) := object.union(analyst, {"arguments": arguments})

when_argument(path, op, value) := rule({
	"when": {"arguments": [{"path": path, "op": op, "value": value}]},
	"effect": {"deny": true},
})

stops(condition_rule, arguments) if ruled(with_arguments(arguments), [condition_rule]).effect == "deny"

test_without_rules_nothing_is_obliged if {
	found := switchyard.decision with input as analyst with data.tenant.grants as granted
	found.effect == "allow"
	found.rules == []
	found.obligations.approval == null
}

test_a_rule_forbids_what_grants_allow if {
	found := ruled(analyst, [rule({"effect": {"deny": true}})])
	found.effect == "deny"
	messages(found) == {"the rule r forbids this call: because"}
	found.rules == ["r"]
}

test_a_rule_never_allows if {
	found := switchyard.decision with input as analyst with data.tenant.grants as {}
		with data.tenant.rules as {"memory": {"read_graph": [rule({})]}}
	found.effect == "deny"
	found.rules == []
}

test_wildcards_of_rules if {
	every place in [["memory", "*"], ["*", "read_graph"], ["*", "*"]] {
		found := switchyard.decision with input as analyst with data.tenant.grants as granted
			with data.tenant.rules as {place[0]: {place[1]: [rule({"effect": {"deny": true}})]}}
		found.effect == "deny"
	}
}

test_rules_are_about_their_subjects if {
	others := rule({"subjects": [{"kind": "role", "name": "admin"}], "effect": {"deny": true}})
	mine := rule({"subjects": [{"kind": "role", "name": "analyst"}], "effect": {"deny": true}})
	ruled(analyst, [others]).effect == "allow"
	ruled(analyst, [others, mine]).effect == "deny"
}

test_the_most_restrictive_wins if {
	found := ruled(analyst, [
		rule({"effect": {"rowCap": 100, "callCap": 7, "maskFields": ["email"], "approval": {"persons": 1, "minutes": 10}}}),
		rule({"effect": {"rowCap": 20, "maskFields": ["email", "phone"], "approval": {"persons": 2, "minutes": 60}}}),
	])
	found.obligations == {
		"maskFields": ["email", "phone"],
		"rowCap": 20,
		"callCap": 7,
		"approval": {"persons": 2, "minutes": 10, "reasons": ["because", "because"]},
	}
}

test_comparisons if {
	stops(when_argument(["amount"], "gt", 100), {"amount": 101})
	not stops(when_argument(["amount"], "gt", 100), {"amount": 100})
	stops(when_argument(["amount"], "gte", 100), {"amount": 100})
	stops(when_argument(["amount"], "lt", 5), {"amount": 4})
	stops(when_argument(["amount"], "lte", 5), {"amount": 5})
	stops(when_argument(["region"], "eq", "eu"), {"region": "eu"})
	not stops(when_argument(["region"], "eq", "eu"), {"region": "us"})
	stops(when_argument(["region"], "ne", "eu"), {"region": "us"})
	stops(when_argument(["region"], "in", ["eu", "us"]), {"region": "us"})
	stops(when_argument(["region"], "not_in", ["eu"]), {"region": "us"})
	not stops(when_argument(["region"], "not_in", ["eu"]), {"region": "eu"})
	stops(when_argument(["to"], "contains", "@Rival."), {"to": "Ada@rival.com"})
	stops(when_argument(["to"], "starts_with", "ada"), {"to": "Ada@rival.com"})
	stops(when_argument(["force"], "present", null), {"force": false})
	not stops(when_argument(["force"], "present", null), {})
	stops(when_argument(["force"], "absent", null), {})
}

test_conditions_reach_into_lists_and_objects if {
	stops(when_argument(["items", "*", "sku"], "eq", "B"), {"items": [{"sku": "A"}, {"sku": "B"}]})
	not stops(when_argument(["items", "*", "sku"], "eq", "C"), {"items": [{"sku": "A"}, {"sku": "B"}]})
	stops(when_argument(["customer", "tier"], "eq", "gold"), {"customer": {"tier": "gold"}})
}

test_what_cannot_be_compared_is_not_let_through if {
	stops(when_argument(["amount"], "lt", 5), {"amount": "4"})
	stops(when_argument(["to"], "contains", "rival"), {"to": ["ada@example.com"]})
	stops(when_argument(["region"], "ne", "eu"), {})
	stops(when_argument(["to"], "contains", "rival"), {"to": "write to [EMAIL_1] now"})
	omitted := object.union(analyst, {"argumentsOmitted": true})
	ruled(omitted, [when_argument(["amount"], "gt", 100)]).effect == "deny"
}

test_all_conditions_of_a_rule_have_to_hold if {
	both := rule({
		"when": {"arguments": [
			{"path": ["amount"], "op": "gt", "value": 100},
			{"path": ["region"], "op": "eq", "value": "eu"},
		]},
		"effect": {"deny": true},
	})
	stops(both, {"amount": 101, "region": "eu"})
	not stops(both, {"amount": 101, "region": "us"})
}

test_conditions_on_arguments_wait_for_the_call if {
	early := object.union(analyst, {"purpose": "precheck"})
	ruled(early, [when_argument(["region"], "ne", "eu")]).effect == "allow"
	ruled(early, [rule({"effect": {"deny": true}})]).effect == "deny"
}

test_arms if {
	by_code := rule({"when": {"arms": ["code"]}, "effect": {"deny": true}})
	ruled(object.union(analyst, {"arm": "code"}), [by_code]).effect == "deny"
	ruled(object.union(analyst, {"arm": "traditional"}), [by_code]).effect == "allow"
}

at(day, minute) := object.union(analyst, {"local": {"Europe/Berlin": {"day": day, "minute": minute}}})

hours(over) := rule({
	"when": {"times": object.union(
		{"zone": "Europe/Berlin", "days": [1, 2, 3, 4, 5], "from": 540, "to": 1080, "outside": false},
		over,
	)},
	"effect": {"deny": true},
})

test_time_windows if {
	ruled(at(1, 540), [hours({})]).effect == "deny"
	ruled(at(1, 1080), [hours({})]).effect == "allow"
	ruled(at(6, 600), [hours({})]).effect == "allow"
	ruled(at(6, 600), [hours({"outside": true})]).effect == "deny"
	ruled(at(1, 600), [hours({"outside": true})]).effect == "allow"
	ruled(at(1, 30), [hours({"from": 1320, "to": 360})]).effect == "deny"
	ruled(at(1, 700), [hours({"from": 1320, "to": 360})]).effect == "allow"
	ruled(analyst, [hours({})]).effect == "deny"
}

test_nobody_is_asked_for_a_shadow_run if {
	request := object.union(shadow({"readOnlyHint": true}), {})
	found := ruled(request, [rule({"effect": ask(1)})])
	found.effect == "deny"
	codes(found) == {"shadow_approval"}
}
