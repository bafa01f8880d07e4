import { Box, Skeleton, Stack } from '@mui/material';

export function RowsSkeleton({ rows = 6 }: { rows?: number }) {
  return (
    <Stack spacing={1} aria-busy="true" aria-label="Loading" sx={{ p: 2 }}>
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} variant="rounded" height={34} sx={{ opacity: 1 - row / (rows + 2) }} />
      ))}
    </Stack>
  );
}

export function PageSkeleton() {
  return (
    <Box aria-busy="true" aria-label="Loading" sx={{ p: { xs: 2, md: 3 } }}>
      <Skeleton variant="text" width={220} height={40} />
      <Skeleton variant="text" width={380} height={22} sx={{ maxWidth: '80%', mb: 3 }} />
      <Skeleton variant="rounded" height={320} />
    </Box>
  );
}
