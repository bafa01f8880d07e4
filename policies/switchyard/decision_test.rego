package switchyard_test

import data.switchyard

analyst := {
	"tenant": "t1",
	"principal": {"kind": "user", "id": "u1", "name": "ada@example.com", "role": "analyst"},
	"subjects": [{"kind": "role", "name": "analyst"}],
	"server": "memory",
	"tool": "read_graph",
	"annotations": {},
	"surface": "rest",
	"time": "2026-11-21T10:00:00.000Z",
	"purpose": "call",
}

ci := object.union(analyst, {
	"principal": {"kind": "key", "id": "k1", "name": "ci"},
	"subjects": [{"kind": "role", "name": "api_key"}, {"kind": "key", "name": "k1"}],
})

decide(request, grants) := found if {
	found := switchyard.decision with input as request with data.tenant.grants as grants
}

codes(found) := {reason.code | some reason in found.reasons}

messages(found) := {reason.message | some reason in found.reasons}

role_grant(role, server, tool, effect) := {"role": {role: {server: {tool: effect}}}}

test_denies_without_any_grant if {
	found := decide(analyst, {})
	found.effect == "deny"
	codes(found) == {"no_grant"}
	found.grants == set()
}

test_denies_without_tenant_data if {
	found := switchyard.decision with input as analyst with data.tenant as {}
	found.effect == "deny"
}

test_says_who_lacks_what_and_who_can_mend_it if {
	messages(decide(object.union(analyst, {"tool": "delete_entities"}), {})) == {concat("", [
		"no grant lets role analyst use memory.delete_entities; ",
		"an admin grants it on the Grants page",
	])}
	messages(decide(ci, {})) == {concat("", [
		"no grant lets API key ci use memory.read_graph; ",
		"an admin grants it on the Grants page",
	])}
}

test_allows_what_is_granted_exactly if {
	found := decide(analyst, role_grant("analyst", "memory", "read_graph", "allow"))
	found.effect == "allow"
	messages(found) == {"role analyst may use memory.read_graph"}
	found.grants == {{
		"subjectKind": "role",
		"subject": "analyst",
		"server": "memory",
		"tool": "read_graph",
		"effect": "allow",
	}}
}

test_wildcards_stand_for_every_server_and_tool if {
	every granted in [["memory", "*"], ["*", "read_graph"], ["*", "*"]] {
		decide(analyst, role_grant("analyst", granted[0], granted[1], "allow")).effect == "allow"
	}
	every granted in [["memory", "other"], ["search", "*"], ["*", "other"]] {
		decide(analyst, role_grant("analyst", granted[0], granted[1], "allow")).effect == "deny"
	}
}

test_does_not_take_a_tool_called_star_for_every_tool if {
	starred := object.union(analyst, {"tool": "*"})
	decide(starred, role_grant("analyst", "memory", "read_graph", "allow")).effect == "deny"
}

test_leaves_out_what_other_roles_were_granted if {
	decide(analyst, role_grant("admin", "*", "*", "allow")).effect == "deny"
	decide(analyst, role_grant("api_key", "*", "*", "allow")).effect == "deny"
}

test_a_deny_beats_an_allow_however_exact if {
	wide_deny := {"role": {"analyst": {"*": {"*": "deny"}, "memory": {"read_graph": "allow"}}}}
	found := decide(analyst, wide_deny)
	found.effect == "deny"
	codes(found) == {"denied_by_grant"}
	messages(found) == {"a grant denies *.* to role analyst; an admin changes it on the Grants page"}
	exact_deny := {"role": {"analyst": {"*": {"*": "allow"}, "memory": {"read_graph": "deny"}}}}
	decide(analyst, exact_deny).effect == "deny"
	decide(object.union(analyst, {"tool": "search_nodes"}), exact_deny).effect == "allow"
}

test_keys_have_their_own_grants_and_those_of_all_keys if {
	decide(ci, {"key": {"k1": {"memory": {"*": "allow"}}}}).effect == "allow"
	decide(ci, role_grant("api_key", "memory", "*", "allow")).effect == "allow"
	decide(ci, {"key": {"k2": {"memory": {"*": "allow"}}}}).effect == "deny"
}

test_the_more_restrictive_of_a_keys_grants_wins if {
	own_deny := {"role": {"api_key": {"*": {"*": "allow"}}}, "key": {"k1": {"memory": {"*": "deny"}}}}
	found := decide(ci, own_deny)
	found.effect == "deny"
	messages(found) == {"a grant denies memory.* to API key ci; an admin changes it on the Grants page"}
	common_deny := {"role": {"api_key": {"memory": {"*": "deny"}}}, "key": {"k1": {"*": {"*": "allow"}}}}
	messages(decide(ci, common_deny)) == {"a grant denies memory.* to API keys; an admin changes it on the Grants page"}
}

test_a_role_and_a_key_of_the_same_name_are_not_mixed_up if {
	decide(ci, {"role": {"k1": {"*": {"*": "allow"}}}}).effect == "deny"
	decide(analyst, {"key": {"analyst": {"*": {"*": "allow"}}}}).effect == "deny"
}

test_annotations_never_allow if {
	claims := {"readOnlyHint": true, "destructiveHint": false, "openWorldHint": false}
	decide(object.union(analyst, {"annotations": claims}), {}).effect == "deny"
}

test_who_has_no_subject_is_denied if {
	nobody := object.union(analyst, {
		"principal": {"kind": "system", "id": "system", "name": "switchyard"},
		"subjects": [],
	})
	found := decide(nobody, role_grant("owner", "*", "*", "allow"))
	found.effect == "deny"
	codes(found) == {"no_subject"}
}

test_an_effect_that_is_neither_allow_nor_deny_does_not_allow if {
	decide(analyst, role_grant("analyst", "memory", "read_graph", "maybe")).effect == "deny"
}

test_obligations_are_there_and_empty if {
	decide(analyst, {}).obligations == {"maskFields": [], "rowCap": null, "callCap": null, "approval": null}
}

test_visible_agrees_with_decision if {
	grants := {"role": {"analyst": {"memory": {"*": "allow", "delete_entities": "deny"}, "*": {"searchProducts": "allow"}}}}
	tools := [
		{"server": "memory", "tool": "read_graph"},
		{"server": "memory", "tool": "delete_entities"},
		{"server": "search", "tool": "searchProducts"},
		{"server": "search", "tool": "getProductDetails"},
	]
	found := switchyard.visible with input as object.union(analyst, {"tools": tools}) with data.tenant.grants as grants
	found == [0, 2]
	every position, tool in tools {
		decided := decide(object.union(analyst, tool), grants).effect
		decided == {true: "allow", false: "deny"}[position in found]
	}
}

shadow(annotations) := object.union(analyst, {"surface": "shadow", "annotations": annotations})

test_shadow_runs_call_only_what_says_that_it_only_reads if {
	grants := role_grant("analyst", "memory", "*", "allow")
	decide(shadow({"readOnlyHint": true}), grants).effect == "allow"
	every annotations in [{}, {"readOnlyHint": false}, {"readOnlyHint": "true"}] {
		found := decide(shadow(annotations), grants)
		found.effect == "deny"
		codes(found) == {"shadow_read_only"}
	}
}

test_shadow_runs_need_a_grant_too if {
	codes(decide(shadow({"readOnlyHint": true}), {})) == {"no_grant"}
}
