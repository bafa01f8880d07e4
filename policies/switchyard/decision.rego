# METADATA
# title: May this caller use this tool?
# description: |
#   Denies by default. A grant allows or denies a role, or one API key, the use of a tool; `*` stands for every server
#   or every tool. All grants that speak about the caller and the tool count alike, however exact they are, and one deny
#   beats any number of allows. What a tool says about itself (annotations) is the upstream's claim and never allows.
#
#   Rules take back a part of what grants allow (rules.rego): all that speak about the call count, and the most
#   restrictive wins.
#
#   data.tenant.grants is the tenant's grants as {kind: {subject: {server: {tool: effect}}}}; data.tenant.rules its rules as
#   {server: {tool: [rule]}}.
#   input.subjects are the names under which the caller may have been granted something, as [{kind, name}].
#   input.arguments is absent in discovery, and absent with argumentsOmitted: true when too large to be looked at: a rule
#   that reads arguments must deny then.
#
#   With surface "shadow" an answer is made that nobody asked for, beside the real one. Nothing may be done twice in the
#   world then: of the tools that are granted only those may be called that say that they only read.
package switchyard

any_name := "*"

# METADATA
# entrypoint: true
decision := {
	"effect": outcome.effect,
	"reasons": outcome.reasons,
	"grants": grants,
	"rules": [rule.name | some rule in rules],
	"obligations": obligations(rules),
} if {
	grants := matching(input.server, input.tool)
	rules := rules_on(grants)
	outcome := judged(grants, rules)
}

judged(grants, rules) := {"effect": "deny", "reasons": reasons(input.server, input.tool, grants)} if {
	effect(grants) == "deny"
} else := {"effect": "deny", "reasons": [shadow_reason(input.server, input.tool)]} if {
	refused_in_shadow(grants)
} else := {"effect": "deny", "reasons": [rule_reason(rule) | some rule in rules; rule.effect.deny]} if {
	some rule in rules
	rule.effect.deny
} else := {"effect": "deny", "reasons": [shadow_approval_reason(input.server, input.tool)]} if {
	input.surface == "shadow"
	some rule in rules
	rule.effect.approval != null
} else := {"effect": "allow", "reasons": reasons(input.server, input.tool, grants)}

# METADATA
# description: |
#   Discovery in one evaluation: the positions in input.tools, [{server, tool}], of those whose call would be allowed
#   whatever its arguments.
# entrypoint: true
visible := [position |
	some position, candidate in input.tools
	effect(matching(candidate.server, candidate.tool)) == "allow"
]

refused_in_shadow(grants) if {
	input.surface == "shadow"
	effect(grants) == "allow"
	not says_it_only_reads
}

says_it_only_reads if input.annotations.readOnlyHint == true

# A set: a tool called "*" must not count a grant twice.
matching(server, tool) := {grant |
	some subject in input.subjects
	by_server := data.tenant.grants[subject.kind][subject.name]
	some granted_server in {server, any_name}
	by_tool := by_server[granted_server]
	some granted_tool in {tool, any_name}
	grant := {
		"subjectKind": subject.kind,
		"subject": subject.name,
		"server": granted_server,
		"tool": granted_tool,
		"effect": by_tool[granted_tool],
	}
}

default effect(_) := "deny"

effect(grants) := "allow" if {
	any_of("allow", grants)
	not any_of("deny", grants)
}

any_of(wanted, grants) if {
	some grant in grants
	grant.effect == wanted
}
