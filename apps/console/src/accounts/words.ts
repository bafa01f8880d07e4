const REFUSALS: Readonly<Record<string, string>> = {
  oauth_state:
    'That sign-in was not one that you began here, or it had ended. Nothing was connected. Press Connect again, and finish in this browser within ten minutes.',
  oauth_issuer:
    'The answer came from another authorization server than the one that was asked. Nothing was connected. If it happens again, tell whoever looks after security.',
  oauth_refused: 'Access was refused at the authorization server. Nothing was connected.',
  oauth_exchange: 'The authorization server gave no access in the end. Press Connect again.',
  client_needed: 'The client id of this connection has to be entered anew: an admin does so in its settings.',
  changed: 'The connection was changed meanwhile. Look at it, and press Connect again.',
  signed_out: 'Your session here had ended when you came back. You are to press Connect again.',
};

/** Words of ours for a reason that stands in the address; what is none of ours is not repeated. */
export const refusalOf = (reason: string): string =>
  REFUSALS[reason] ?? 'The account could not be connected. Press Connect again.';
