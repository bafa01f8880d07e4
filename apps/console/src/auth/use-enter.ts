import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useNavigate } from 'react-router-dom';
import { sessionBegan } from '../auth-provider.ts';

/** Into the console, once somebody has signed in. */
export function useEnter(): (to?: string) => void {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(
    (to = '/') => {
      sessionBegan();
      // It still holds that nobody was signed in.
      client.removeQueries({ queryKey: ['auth', 'checkAuth'] });
      navigate(to, { replace: true });
    },
    [client, navigate],
  );
}
