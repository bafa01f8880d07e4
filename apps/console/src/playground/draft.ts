const KEY = 'switchyard.playground.draft';

/** What stands in the playground's editor; it outlives a reload and a sign-in. */
export const recallDraft = (): string | null => sessionStorage.getItem(KEY);
export const rememberDraft = (code: string): void => sessionStorage.setItem(KEY, code);
