using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Net.Pkcs11Interop.Common;
using Net.Pkcs11Interop.HighLevelAPI;

namespace Dmp.Storage.Keys;

/// <summary>
/// Master keys in a PKCS#11 token: AES-256, generated there, never extractable; wrapping is AES-GCM inside of the token. Names are the
/// labels of the keys.
/// </summary>
internal sealed class Pkcs11MasterKeys(Pkcs11Options options) : IMasterKeyProvider
{
    private const int NonceBytes = 12;
    private const int TagBits = 128;

    private readonly Pkcs11Token token = new(options);

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => token.UseAsync<IReadOnlyList<string>>(
        session =>
        {
            var attributes = session.Factories.ObjectAttributeFactory;
            var found = session.FindAllObjects([
                attributes.Create(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY), attributes.Create(CKA.CKA_KEY_TYPE, CKK.CKK_AES),
                attributes.Create(CKA.CKA_TOKEN, true)]);
            return [.. found
                .Select(key => session.GetAttributeValue(key, [CKA.CKA_LABEL])[0].GetValueAsString())
                .Where(label => label.StartsWith(options.LabelPrefix, StringComparison.Ordinal))
                .OrderDescending(StringComparer.Ordinal)];
        },
        cancellationToken);

    public Task<string> CreateAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var label = string.Create(
            CultureInfo.InvariantCulture,
            $"{options.LabelPrefix}{now.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}");
        return token.UseAsync(
            session =>
            {
                var attributes = session.Factories.ObjectAttributeFactory;
                using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_AES_KEY_GEN);
                session.GenerateKey(mechanism, [
                    attributes.Create(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY),
                    attributes.Create(CKA.CKA_KEY_TYPE, CKK.CKK_AES),
                    attributes.Create(CKA.CKA_VALUE_LEN, 32),
                    attributes.Create(CKA.CKA_LABEL, label),
                    attributes.Create(CKA.CKA_ID, Encoding.UTF8.GetBytes(label)),
                    attributes.Create(CKA.CKA_TOKEN, true),
                    attributes.Create(CKA.CKA_PRIVATE, true),
                    attributes.Create(CKA.CKA_SENSITIVE, true),
                    attributes.Create(CKA.CKA_EXTRACTABLE, false),
                    attributes.Create(CKA.CKA_ENCRYPT, true),
                    attributes.Create(CKA.CKA_DECRYPT, true),
                    attributes.Create(CKA.CKA_WRAP, false),
                    attributes.Create(CKA.CKA_UNWRAP, false)]);
                return label;
            },
            cancellationToken);
    }

    public Task<byte[]> WrapAsync(string name, ReadOnlyMemory<byte> secret, CancellationToken cancellationToken)
    {
        var nonce = RandomNumberGenerator.GetBytes(NonceBytes);
        return token.UseAsync(
            session =>
            {
                var key = Find(session, name);
                var plain = secret.ToArray();
                try
                {
                    using var parameters = Parameters(session, nonce);
                    using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_AES_GCM, parameters);
                    return (byte[])[.. nonce, .. session.Encrypt(mechanism, key, plain)];
                }
                finally
                {
                    CryptographicOperations.ZeroMemory(plain);
                }
            },
            cancellationToken);
    }

    public Task<byte[]> UnwrapAsync(string name, ReadOnlyMemory<byte> wrapped, CancellationToken cancellationToken)
    {
        if (wrapped.Length <= NonceBytes + (TagBits / 8))
        {
            throw new WrappedKeyDamagedException("A wrapped key is too short.");
        }

        return token.UseAsync(
            session =>
            {
                var key = Find(session, name);
                using var parameters = Parameters(session, wrapped[..NonceBytes].ToArray());
                using var mechanism = session.Factories.MechanismFactory.Create(CKM.CKM_AES_GCM, parameters);
                try
                {
                    return session.Decrypt(mechanism, key, wrapped[NonceBytes..].ToArray());
                }
                catch (Pkcs11Exception refusal) when (refusal.RV is CKR.CKR_ENCRYPTED_DATA_INVALID or CKR.CKR_ENCRYPTED_DATA_LEN_RANGE
                    or CKR.CKR_DATA_INVALID or CKR.CKR_GENERAL_ERROR)
                {
                    // Modules name a wrong tag differently; SoftHSM says GENERAL_ERROR. A token that is really ill is met by the next wrap.
                    throw new WrappedKeyDamagedException("A wrapped key is not what its master key made.", refusal);
                }
            },
            cancellationToken);
    }

    public ValueTask DisposeAsync() => token.DisposeAsync();

    private static Net.Pkcs11Interop.HighLevelAPI.MechanismParams.ICkGcmParams Parameters(ISession session, byte[] nonce) =>
        session.Factories.MechanismParamsFactory.CreateCkGcmParams(nonce, NonceBytes * 8, "dmp-record-key/1"u8.ToArray(), TagBits);

    private static IObjectHandle Find(ISession session, string name)
    {
        var attributes = session.Factories.ObjectAttributeFactory;
        var found = session.FindAllObjects([
            attributes.Create(CKA.CKA_CLASS, CKO.CKO_SECRET_KEY), attributes.Create(CKA.CKA_TOKEN, true),
            attributes.Create(CKA.CKA_LABEL, name)]);
        return found switch
        {
            [var only] => only,
            [] => throw new MasterKeyUnavailableException($"The token has no key {name}."),
            _ => throw new MasterKeyUnavailableException($"The token has several keys {name}."),
        };
    }
}
