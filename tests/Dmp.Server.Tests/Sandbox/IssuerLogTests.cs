using Dmp.Server.Identity.Sandbox;
using Microsoft.Extensions.Logging.Testing;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

public sealed class IssuerLogTests : IDisposable
{
    private readonly string dataDirectory = Directory.CreateTempSubdirectory("dmp-issuer-").FullName;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(dataDirectory, recursive: true);

    [Fact]
    public async Task Even_the_most_talkative_log_holds_no_person_no_secret_and_no_token()
    {
        using var log = new FakeLoggerProvider();
        string token;
        await using (var issuer = await RunningIssuer.StartAsync(dataDirectory, Ct, log: log))
        {
            token = await issuer.TokenOfAsync("patient-jeanne", Ct);
            using var userInfo = await issuer.GetUserInfoAsync(token, Ct);
            using var refused = await issuer.PostCredentialsAsync("dr-martin", "a-wrong-secret", Ct);
            Assert.True(userInfo.IsSuccessStatusCode);
            Assert.False(refused.IsSuccessStatusCode);
        }

        var jeanne = Assert.IsType<PatientPersona>(Personas.Find("patient-jeanne"));
        var lines = log.Collector.GetSnapshot().Select(line => $"{line.Message} {line.Exception}").ToList();
        Assert.Contains(lines, line => line.StartsWith("The sandbox issuer answers at", StringComparison.Ordinal));
        Assert.All([jeanne.Ins, jeanne.BirthFamilyName, "a-wrong-secret", token], secret =>
            Assert.DoesNotContain(lines, line => line.Contains(secret, StringComparison.Ordinal)));
    }
}
