import { useEffect, useEffectEvent } from 'react';

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  target.closest('input, textarea, select, [contenteditable=true], [role=combobox]') !== null;

const isCovered = (): boolean => document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') !== null;

/** Keys of a page: single ones while nobody types and nothing lies over it, and `Mod+Enter` (Ctrl, or Command) everywhere. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const pressed = useEffectEvent((event: KeyboardEvent) => {
    const isMod = event.ctrlKey || event.metaKey;
    if (event.altKey || event.repeat || event.defaultPrevented) return;
    if (isCovered() || (!isMod && isTyping(event.target))) return;
    const act = isMod ? keys[`Mod+${event.key}`] : (keys[event.key] ?? keys[event.key.toLowerCase()]);
    if (!act) return;
    event.preventDefault();
    act();
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => pressed(event);
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);
}
