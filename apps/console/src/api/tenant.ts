const KEY = 'switchyard.tenant';

/** The tenant that this browser tab looks at; undefined lets the control plane choose the first. */
export const chosenTenant = (): string | undefined => sessionStorage.getItem(KEY) ?? undefined;

export function chooseTenant(id: string | undefined): void {
  if (id === undefined) sessionStorage.removeItem(KEY);
  else sessionStorage.setItem(KEY, id);
}
