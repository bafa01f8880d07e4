/** The product's mark: a line, its turnout, and the switch where they part. */
export function Mark({ size = 32, framed = true }: { size?: number; framed?: boolean }) {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true" focusable="false">
      {framed && <rect width="32" height="32" rx="8" fill="#0e2a33" />}
      <path d="M5 22h22" stroke="#8fb8c2" strokeWidth="2.6" strokeLinecap="round" />
      <path d="M8 22c8 0 7-12 15-12h4" fill="none" stroke="#f2a93b" strokeWidth="2.6" strokeLinecap="round" />
      <circle cx="11.2" cy="21.6" r="3" fill="#0e2a33" stroke="#f2a93b" strokeWidth="2.2" />
    </svg>
  );
}
