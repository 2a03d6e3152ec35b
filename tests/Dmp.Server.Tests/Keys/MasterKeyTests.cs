using System.Runtime.Versioning;
using System.Security.Cryptography;
using Dmp.Storage.Keys;
using Xunit;

namespace Dmp.Server.Tests.Keys;

/// <summary>What every place for master keys must do, tried on all of them: files, SoftHSM, and a vault over HTTPS.</summary>
[SupportedOSPlatform("linux")]
public sealed class MasterKeyTests(SoftHsm hsm) : IAsyncLifetime
{
    private readonly DirectoryInfo directory = Directory.CreateTempSubdirectory("dmp-master-keys-");
    private VaultServer vault = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => vault = await VaultServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await vault.DisposeAsync();
        directory.Delete(recursive: true);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("pkcs11")]
    [InlineData("RSA")]
    [InlineData("oct-HSM")]
    public async Task A_key_of_a_record_comes_back_and_only_as_that(string place)
    {
        await using var keys = Open(place);
        Assert.Empty(await keys.ListAsync(Token));
        var first = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        var second = await keys.CreateAsync(DateTimeOffset.UtcNow.AddSeconds(1), Token);
        var third = await keys.CreateAsync(DateTimeOffset.UtcNow.AddSeconds(2), Token);
        Assert.Equal([third, second, first], await keys.ListAsync(Token));

        RecordKeyName name = new(Guid.CreateVersion7(), Guid.CreateVersion7());
        var key = RandomNumberGenerator.GetBytes(RecordKeyName.KeyBytes);
        var wrapped = await keys.WrapAsync(first, name, key, Token);
        Assert.False(wrapped.AsSpan().IndexOf(key) >= 0);
        using (var again = await keys.UnwrapAsync(first, name, wrapped, Token))
        {
            Assert.Equal(key, again.Bytes.ToArray());
        }

        if (place != "oct-HSM")
        {
            // RFC 3394 alone has no nonce.
            Assert.NotEqual(wrapped, await keys.WrapAsync(first, name, key, Token));
        }

        await DamagedAsync(() => keys.UnwrapAsync(first, name with { RecordId = Guid.CreateVersion7() }, wrapped, Token));
        await DamagedAsync(() => keys.UnwrapAsync(first, name with { RecordKeyId = Guid.CreateVersion7() }, wrapped, Token));
        await DamagedAsync(() => keys.UnwrapAsync(second, name, wrapped, Token));
        for (var at = 0; at < wrapped.Length; at += 7)
        {
            var changed = wrapped.ToArray();
            changed[at] ^= 1;
            await DamagedAsync(() => keys.UnwrapAsync(first, name, changed, Token));
        }

        await DamagedAsync(() => keys.UnwrapAsync(first, name, wrapped.AsMemory(0, wrapped.Length - 1), Token));
        await DamagedAsync(() => keys.UnwrapAsync(first, name, default, Token));
    }

    [Theory]
    [InlineData("file", "file/20260101T000000000Z-00000000")]
    [InlineData("file", "file/../../etc/passwd")]
    [InlineData("file", "file/")]
    [InlineData("file", "pkcs11/dmp-master-1")]
    [InlineData("pkcs11", "pkcs11/dmp-master-none")]
    [InlineData("RSA", "keyvault/dmp-master/0123456789abcdef")]
    [InlineData("RSA", "keyvault/../secrets/all")]
    [InlineData("RSA", "keyvault/dmp-master/x?y=")]
    [InlineData("RSA", "elsewhere/1")]
    public async Task A_key_that_is_not_there_is_told_as_that(string place, string id)
    {
        await using var keys = Open(place);
        await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.WrapAsync(id, default, new byte[32], Token));
        await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.UnwrapAsync(id, default, new byte[92], Token));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("pkcs11")]
    [InlineData("RSA")]
    public async Task Many_at_once(string place)
    {
        await using var keys = Open(place);
        var master = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        await Parallel.ForAsync(0, 60, new ParallelOptions { MaxDegreeOfParallelism = 12, CancellationToken = Token }, async (_, ct) =>
        {
            RecordKeyName name = new(Guid.NewGuid(), Guid.NewGuid());
            var key = RandomNumberGenerator.GetBytes(RecordKeyName.KeyBytes);
            using var again = await keys.UnwrapAsync(master, name, await keys.WrapAsync(master, name, key, ct), ct);
            Assert.Equal(key, again.Bytes.ToArray());
        });
    }

    [Fact]
    public async Task Keys_move_from_files_to_a_token_side_by_side()
    {
        await using MasterKeySet keys = new(
            MasterKeyKind.Pkcs11,
            (MasterKeyKind.File, new FileMasterKeys(directory.FullName)),
            (MasterKeyKind.Pkcs11, new Pkcs11MasterKeys(hsm.Options(prefix: NewPrefix()))));
        var old = "file/" + await new FileMasterKeys(directory.FullName).CreateAsync(DateTimeOffset.UtcNow, Token);
        var current = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        Assert.StartsWith("pkcs11/", current, StringComparison.Ordinal);
        Assert.Equal([current], await keys.ListAsync(Token));
        await keys.TryAsync(old, Token);
        await keys.TryAsync(current, Token);
    }

    [Fact]
    public async Task Files_are_for_the_service_user_alone()
    {
        FileMasterKeys keys = new(Path.Combine(directory.FullName, "new"));
        var name = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        var path = Assert.Single(Directory.GetFiles(Path.Combine(directory.FullName, "new")));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(path)!));

        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var refused = await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.WrapAsync(name, new byte[64], Token));
        Assert.Contains("0600", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("dmp-master-key/v1 AAAA\n")]
    [InlineData("dmp-master-key/v2 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n")]
    [InlineData("dmp-master-key/v1 AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=AAAA\n")]
    public async Task A_file_that_holds_no_key_is_not_used(string text)
    {
        FileMasterKeys keys = new(directory.FullName);
        var name = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, name + ".key"), text, Token);
        await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.WrapAsync(name, new byte[64], Token));
    }

    [Fact]
    public async Task Keys_do_not_leave_the_token()
    {
        var options = hsm.Options(prefix: NewPrefix());
        await using Pkcs11MasterKeys keys = new(options);
        var label = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        var module = Pkcs11Module.Load(options.Module);
        try
        {
            var slot = module.Library.GetSlotList(Net.Pkcs11Interop.Common.SlotsType.WithTokenPresent)
                .Single(slot => slot.GetTokenInfo().Label.Trim() == options.Token);
            using var session = slot.OpenSession(Net.Pkcs11Interop.Common.SessionType.ReadOnly);
            await keys.ListAsync(Token);
            var key = Assert.Single(
                session.FindAllObjects([session.Factories.ObjectAttributeFactory.Create(Net.Pkcs11Interop.Common.CKA.CKA_LABEL, label)]));
            Assert.True(session.GetAttributeValue(key, [Net.Pkcs11Interop.Common.CKA.CKA_VALUE])[0].CannotBeRead);
            Assert.False(session.GetAttributeValue(key, [Net.Pkcs11Interop.Common.CKA.CKA_EXTRACTABLE])[0].GetValueAsBool());
            Assert.True(session.GetAttributeValue(key, [Net.Pkcs11Interop.Common.CKA.CKA_NEVER_EXTRACTABLE])[0].GetValueAsBool());
        }
        finally
        {
            module.Release();
        }
    }

    [Fact]
    public async Task A_wrong_pin_a_wrong_token_and_a_wrong_module_are_told_as_that()
    {
        var good = hsm.Options();
        foreach (var (options, said) in new[]
        {
            (good with { Token = "dmp-none" }, "no token dmp-none"),
            (good with { Module = "/nowhere/module.so" }, "/nowhere/module.so"),

            // Logged in is the process, not the session: a token that nobody else uses here.
            (good with { Token = "dmp-two", PinFile = null, Pin = "0000" }, "CKR_PIN_INCORRECT"),
        })
        {
            await using Pkcs11MasterKeys keys = new(options);
            var refused = await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.ListAsync(Token));
            Assert.Contains(said, refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("0000", refused.ToString(), StringComparison.Ordinal);
        }

        File.SetUnixFileMode(good.PinFile!, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        try
        {
            await using Pkcs11MasterKeys open = new(good);
            Assert.Contains(
                "0600", (await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => open.ListAsync(Token))).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            File.SetUnixFileMode(good.PinFile!, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact]
    public async Task Sessions_that_the_token_closed_are_opened_again()
    {
        var options = hsm.Options(prefix: NewPrefix());
        await using Pkcs11MasterKeys keys = new(options);
        var name = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        var wrapped = await keys.WrapAsync(name, new byte[64], Token);

        // As after an HSM was restarted.
        var module = Pkcs11Module.Load(options.Module);
        module.Library.GetSlotList(Net.Pkcs11Interop.Common.SlotsType.WithTokenPresent)
            .Single(slot => slot.GetTokenInfo().Label.Trim() == options.Token).CloseAllSessions();
        module.Release();

        Assert.Equal(new byte[64], await keys.UnwrapAsync(name, wrapped, Token));
    }

    [Fact]
    public async Task A_vault_that_fails_for_a_moment_is_asked_again_and_one_that_goes_on_failing_is_not_there()
    {
        await using var keys = vault.Client();
        var name = await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        vault.Failing = (503, 2);
        var wrapped = await keys.WrapAsync(name, new byte[64], Token);
        vault.Failing = (429, 1000);
        var refused = await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.UnwrapAsync(name, wrapped, Token));
        Assert.Contains("429", refused.Message, StringComparison.Ordinal);
        vault.Failing = default;
        Assert.Equal(new byte[64], await keys.UnwrapAsync(name, wrapped, Token));
        await vault.DisposeAsync();
        await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.UnwrapAsync(name, wrapped, Token));
    }

    [Fact]
    public async Task An_identity_that_may_not_is_told_and_the_token_goes_to_no_other_host()
    {
        await using var keys = vault.Client();
        for (var i = 0; i < 3; i++)
        {
            await keys.CreateAsync(DateTimeOffset.UtcNow, Token);
        }

        await using var stranger = vault.Client(token: "bad");
        Assert.Contains(
            "401", (await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => stranger.ListAsync(Token))).Message,
            StringComparison.Ordinal);

        await using var elsewhere = await VaultServer.StartAsync();
        vault.NextLink = elsewhere.Address.ToString().TrimEnd('/');
        await Assert.ThrowsAsync<MasterKeyUnavailableException>(() => keys.ListAsync(Token));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public void Wrong_settings_are_named()
    {
        Assert.Empty(new MasterKeyOptions { Directory = "/k" }.Faults());
        Assert.Single(new MasterKeyOptions().Faults());
        Assert.Single(new MasterKeyOptions { Provider = MasterKeyKind.Pkcs11 }.Faults());
        Assert.Single(new MasterKeyOptions { Provider = MasterKeyKind.KeyVault }.Faults());
        Assert.Equal(2, new MasterKeyOptions { Directory = "/k", Pkcs11 = new() }.Faults().Count());
        Assert.Single(new MasterKeyOptions { Directory = "/k", KeyVault = new() { Vault = new("http://v.vault.azure.net") } }.Faults());
        Assert.Single(
            new MasterKeyOptions { Directory = "/k", KeyVault = new() { Vault = new("https://v.vault.azure.net"), KeyType = "EC" } }
                .Faults());
        Assert.Single(
            new MasterKeyOptions { Directory = "/k", KeyVault = new() { Vault = new("https://v.vault.azure.net"), KeyName = "a/b" } }
                .Faults());
        Assert.Single(new MasterKeyOptions { Directory = "/k", CacheFor = TimeSpan.FromDays(1) }.Faults());
        Assert.Single(new MasterKeyOptions { Directory = "/k", CacheMax = -1 }.Faults());
    }

    // Keys in a token stay; each test has its own.
    private static string NewPrefix() => $"dmp-test-{Guid.NewGuid():N}-";

    private static async Task DamagedAsync(Func<Task> unwrap) => await Assert.ThrowsAsync<WrappedKeyDamagedException>(unwrap);

    private MasterKeySet Open(string place) => place switch
    {
        "file" => new(MasterKeyKind.File, (MasterKeyKind.File, new FileMasterKeys(directory.FullName))),
        "pkcs11" => new(MasterKeyKind.Pkcs11, (MasterKeyKind.Pkcs11, new Pkcs11MasterKeys(hsm.Options(prefix: NewPrefix())))),
        _ => new(MasterKeyKind.KeyVault, (MasterKeyKind.KeyVault, vault.Client(place))),
    };
}
