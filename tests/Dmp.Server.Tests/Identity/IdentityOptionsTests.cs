using System.Text;
using Dmp.Server.Calls;
using Dmp.Server.Options;
using Dmp.Server.Tests.Identity.Fixtures;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using Xunit;

namespace Dmp.Server.Tests.Identity;

/// <summary>Configured issuers: each fault is named by its key, and the server does not start with one.</summary>
public sealed class IdentityOptionsTests
{
    private static readonly IssuerOptions good = new()
    {
        Name = "psc",
        Authority = "https://auth.example/realms/psc",
        Audience = "https://dmp.example",
        CallerKinds = [CallerKind.Professional],
    };

    private static readonly IssuerOptions goodEntra = new()
    {
        Name = "entra",
        Validation = TokenValidation.Entra,
        Authority = "https://login.microsoftonline.com",
        TenantId = "11111111-2222-3333-4444-555555555555",
        ClientId = "66666666-7777-8888-9999-000000000000",
        Audience = "api://dmp",
        CallerKinds = [CallerKind.Operator, CallerKind.Auditor],
        RoleKinds = new Dictionary<string, CallerKind> { ["Dmp.Operator"] = CallerKind.Operator, ["Dmp.Auditor"] = CallerKind.Auditor },
    };

    [Fact]
    public void A_good_configuration_has_no_fault() => Assert.Empty(Faults(good, goodEntra));

    [Fact]
    public void Each_fault_names_its_key()
    {
        AssertFault("Dmp:Identity:Issuers is empty");
        AssertFault("Issuers:0:Name must", good with { Name = " " });
        AssertFault("Issuers:1:Name is used", good, good with { Name = "PSC", Authority = "https://other.example" });
        AssertFault("Issuers:1:Issuer (by default", good, good with { Name = "other" });
        AssertFault(
            "Issuers:1:Issuer (by default", good, good with { Name = "other", Authority = "https://x.example", Issuer = good.Authority });
        AssertFault("Issuers:0:Authority must be an absolute", good with { Authority = "auth.example" });
        AssertFault("Issuers:0:Authority must be an absolute", good with { Authority = "file:///etc" });
        AssertFault("Issuers:0:Authority must use https", good with { Authority = "http://127.0.0.1:1" });
        AssertFault("Issuers:0:RequireHttpsMetadata", good with { RequireHttpsMetadata = false });
        AssertFault("Issuers:0:Audience must", good with { Audience = "" });
        AssertFault("Issuers:0:Issuer must", good with { Issuer = "" });
        AssertFault("Issuers:0:CallerKinds must name", good with { CallerKinds = [] });
        AssertFault("Issuers:0:CallerKinds must hold", good with { CallerKinds = [(CallerKind)99] });
        AssertFault(
            "Issuers:0:CallerKinds names", good with { CallerKinds = [CallerKind.Patient, CallerKind.Patient], KindClaim = "kind" });
        AssertFault("Issuers:0:KindClaim must be set", good with { CallerKinds = [CallerKind.Patient, CallerKind.Representative] });
        AssertFault("Issuers:0:KindClaim must be the name", good with { KindClaim = "" });
        AssertFault("Issuers:0:Claims:Ins", good with { Claims = new ClaimNames { Ins = "" } });
        AssertFault("Issuers:0:TenantId, ClientId", good with { TenantId = "x" });
        AssertFault("Issuers:0:TenantId must", goodEntra with { TenantId = "common" });
        AssertFault("Issuers:0:ClientId must", goodEntra with { ClientId = null });
        AssertFault("Issuers:0:Issuer must be left out", goodEntra with { Issuer = "https://sts.example" });
        AssertFault("Issuers:0:KindClaim and RoleKinds", goodEntra with { KindClaim = "kind" });
        AssertFault("Issuers:0:RoleKinds:Dmp.Auditor", goodEntra with { CallerKinds = [CallerKind.Operator] });
    }

    [Fact]
    public void An_issuer_on_loopback_may_do_without_https() =>
        Assert.Empty(Faults(good with { Authority = "http://localhost:5001/", RequireHttpsMetadata = false }));

    [Fact]
    public async Task The_application_does_not_start_with_a_fault()
    {
        await using var issuer = await TestIssuer.StoppedAsync();
        var refused = await Assert.ThrowsAsync<OptionsValidationException>(() => TokenApp.StartAsync(TokenApp.Trust(issuer)));
        Assert.Contains("Dmp:Identity:Issuers:0:CallerKinds", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<OptionsValidationException>(() => TokenApp.StartAsync());
    }

    [Fact]
    public void The_configuration_printed_in_the_guide_is_a_good_one()
    {
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(root.FullName, "Dmp.Grpc.sln")))
        {
            root = root.Parent ?? throw new InvalidOperationException("These tests do not run inside the repository.");
        }

        var guide = File.ReadAllText(Path.Combine(root.FullName, "docs", "authentication.md"));
        var json = guide.Split("```json\n").Single(block => block.StartsWith("{\n  \"Dmp\"", StringComparison.Ordinal)).Split("```")[0];
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        var options = new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection(IdentityOptions.Section).Get<IdentityOptions>()!;

        Assert.Empty(IdentityOptionsRules.Faults(options));
        Assert.Equal(["psc", "patients", "structures", "entra"], options.Issuers.Select(issuer => issuer.Name));
        Assert.Equal("urn:example:ins", options.Issuers[1].Claims.Ins);
        Assert.True(options.Issuers[2].RequireCertificateBinding);
        Assert.Equal(CallerKind.Auditor, options.Issuers[3].RoleKinds["Dmp.Auditor"]);
    }

    private static string[] Faults(params IssuerOptions[] issuers) =>
        [.. IdentityOptionsRules.Faults(new IdentityOptions { Issuers = issuers })];

    private static void AssertFault(string expected, params IssuerOptions[] issuers) =>
        Assert.Contains(expected, Assert.Single(Faults(issuers)), StringComparison.Ordinal);
}
