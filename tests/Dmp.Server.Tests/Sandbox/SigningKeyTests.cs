using System.Runtime.Versioning;
using System.Security.Cryptography;
using Dmp.Server.Identity.Sandbox;
using Dmp.Server.Options;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

[SupportedOSPlatform("linux")]
public sealed class SigningKeyTests : IDisposable
{
    private readonly string dataDirectory = Directory.CreateTempSubdirectory("dmp-issuer-").FullName;

    private string KeyPath => Path.Combine(dataDirectory, SigningKeyFile.Name);

    public void Dispose() => Directory.Delete(dataDirectory, recursive: true);

    [Fact]
    public async Task Tokens_outlive_a_restart()
    {
        var ct = TestContext.Current.CancellationToken;
        string token;
        int port;
        await using (var before = await RunningIssuer.StartAsync(dataDirectory, ct))
        {
            port = before.Authority.Port;
            token = await before.TokenOfAsync("dr-martin", ct);
        }

        await using var after = await RunningIssuer.StartAsync(dataDirectory, ct, port: port);
        Assert.Equal("dr-martin", (await after.VerifyAsync(token, ct)).GetProperty("sub").GetString());
        using var userInfo = await after.GetUserInfoAsync(token, ct);
        Assert.True(userInfo.IsSuccessStatusCode);
    }

    [Fact]
    public void The_key_is_written_once_and_for_its_owner_alone()
    {
        using var made = SigningKeyFile.LoadOrCreate(dataDirectory, NullLogger.Instance);
        var written = File.ReadAllText(KeyPath);
        using var read = SigningKeyFile.LoadOrCreate(dataDirectory, NullLogger.Instance);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(KeyPath));
        Assert.StartsWith("-----BEGIN PRIVATE KEY-----\n", written, StringComparison.Ordinal);
        Assert.Equal(written, File.ReadAllText(KeyPath));
        Assert.Equal(made.ExportSubjectPublicKeyInfo(), read.ExportSubjectPublicKeyInfo());
        Assert.Equal([KeyPath], Directory.GetFiles(dataDirectory));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    public void A_damaged_key_refuses_the_start_and_is_left_alone(string content)
    {
        File.WriteAllText(KeyPath, content);
        var refusal = Assert.Throws<StartupRefusedException>(() => SigningKeyFile.LoadOrCreate(dataDirectory, NullLogger.Instance));
        Assert.Contains(KeyPath, refusal.Message, StringComparison.Ordinal);
        Assert.Equal(content, File.ReadAllText(KeyPath));
    }

    [Fact]
    public void A_public_key_alone_refuses_the_start()
    {
        using var key = RSA.Create(2048);
        File.WriteAllText(KeyPath, key.ExportSubjectPublicKeyInfoPem());
        Assert.Throws<StartupRefusedException>(() => SigningKeyFile.LoadOrCreate(dataDirectory, NullLogger.Instance));
    }
}
