import { unreachable, type Principal } from '@switchyard/kernel';

/** The role name under which every API key of a tenant may be granted something. */
export const ALL_KEYS = 'api_key';

export interface Subject {
  readonly kind: 'role' | 'key';
  readonly name: string;
}

/**
 * The names under which a caller may have been granted something. The operator sits at the host's command line and acts
 * as an owner; the product itself acts for nobody, so it may use no tool on its own account.
 */
export function subjectsOf(principal: Principal): readonly Subject[] {
  switch (principal.kind) {
    case 'user':
      return [{ kind: 'role', name: principal.role }];
    case 'key':
      return [
        { kind: 'role', name: ALL_KEYS },
        { kind: 'key', name: principal.id },
      ];
    case 'operator':
      return [{ kind: 'role', name: 'owner' }];
    case 'system':
      return [];
    default:
      return unreachable(principal);
  }
}
