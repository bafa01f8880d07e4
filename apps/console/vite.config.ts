import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const controlPlane = { target: 'http://127.0.0.1:4000', changeOrigin: false };

export default defineConfig({
  plugins: [react()],
  base: './',
  build: { outDir: 'dist', target: 'es2023', sourcemap: false, chunkSizeWarningLimit: 1500 },
  server: {
    port: 5173,
    proxy: { '/graphql': { ...controlPlane, ws: true }, '/api': controlPlane, '/v1': controlPlane },
  },
});
