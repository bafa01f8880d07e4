export { addKeyToFile, loadKeyFile, parseKeys, type KeyEncryptionKeys } from './keys.ts';
export { maskSecrets } from './mask.ts';
export {
  createVault,
  type RecordVaultChange,
  type SealedStore,
  type SecretAddress,
  type SecretDescription,
  type Vault,
  type VaultChange,
  type VaultOptions,
} from './vault.ts';
