import { ScopeTracker, ScopeTrackerVariable, isReferenceIdentifier, walk, type ScopeTrackerNode } from 'oxc-walker';
import type { Node, Program, VariableDeclaration } from 'oxc-parser';

/** What a visitor may ask about names where the walk stands. */
export type Scope = {
  /** The name means the language's or the host's own, not something that the code declares (`declare` does not count). */
  isGlobal(name: string): boolean;
  /** The initial value of a `const` of that name. */
  constantOf(name: string): Node | null;
  declaration(name: string): ScopeTrackerNode | null;
  isReference(node: Node, parent: Node | null): boolean;
};
export type Visitor = {
  enter?(node: Node, parent: Node | null, scope: Scope): void;
  leave?(node: Node, parent: Node | null, scope: Scope): void;
};

/** Walks twice: first to know all declarations, hoisted ones too, then for the visitors. */
export function walkScoped(program: Program, visitors: readonly Visitor[]): void {
  const tracker = new ScopeTracker({ preserveExitedScopes: true });
  walk(program, { scopeTracker: tracker });
  tracker.freeze();
  const declaration = (name: string): ScopeTrackerNode | null => tracker.getDeclaration(name);
  const scope: Scope = {
    declaration,
    isGlobal(name) {
      const found = declaration(name);
      return found === null || (found instanceof ScopeTrackerVariable && found.variableNode.declare === true);
    },
    constantOf(name) {
      const found = declaration(name);
      if (!(found instanceof ScopeTrackerVariable)) return null;
      const statement: VariableDeclaration = found.variableNode;
      const declarator =
        statement.kind !== 'const'
          ? undefined
          : statement.declarations.find(({ id }) => id.type === 'Identifier' && id.name === name);
      return declarator?.init ?? null;
    },
    isReference: (node, parent) => isReferenceIdentifier(node, parent),
  };
  walk(program, {
    scopeTracker: tracker,
    enter(node: Node, parent: Node | null) {
      for (const visitor of visitors) visitor.enter?.(node, parent, scope);
    },
    leave(node: Node, parent: Node | null) {
      for (const visitor of visitors) visitor.leave?.(node, parent, scope);
    },
  });
}
