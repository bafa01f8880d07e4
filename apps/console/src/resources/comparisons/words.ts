/** A category or a suite's name, as people write it. */
export const spoken = (name: string): string => {
  const words = name.replaceAll(/[_-]+/g, ' ');
  return (words.charAt(0).toUpperCase() + words.slice(1)).replace(/\bsku\b/gi, 'part number');
};
