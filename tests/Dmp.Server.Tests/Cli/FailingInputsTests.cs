using System.Text.RegularExpressions;
using Dmp.Error.V1;
using Dmp.Record.V1;
using Dmp.Server.Tests.Content;
using Dmp.Server.Tests.Documents;
using Dmp.Server.Tests.Fixtures;
using Google.Rpc;
using Grpc.Core;
using Xunit;
using static Dmp.Server.Tests.Cli.Sources;

namespace Dmp.Server.Tests.Cli;

/// <summary>Inputs of others that failed once; skipped where they are not at hand. Other tests build the like themselves.</summary>
public sealed class FailingInputsTests(Platform platform)
{
    private static readonly TestPatient modele = new()
    {
        Number = "172116938399204",
        Traits = new IdentityTraits
        {
            BirthFamilyName = "MODELE",
            BirthGivenNames = { "PAUL" },
            BirthDate = "1972-11-23",
            Sex = Sex.Male,
            BirthPlaceCode = "69383",
        },
    };

    private static readonly TestProfessional martin = new() { Id = "801234501011", StructureId = "1990000119" };

    [Theory]
    [InlineData("cda-no-ins-other-person", ErrorReason.CdaPatientMismatch, "")]
    [InlineData("cda-embedded-program", ErrorReason.ContentNotAccepted, "")]
    [InlineData("cda-author-missing", ErrorReason.FieldsInvalid, "/ClinicalDocument/author")]
    [InlineData(
        "cda-time-refused-as-absent", ErrorReason.FieldsInvalid,
        "/ClinicalDocument/effectiveTime/@value cannot be used. The value is malformed")]
    public async Task What_was_stored_is_refused(string folder, ErrorReason reason, string told)
    {
        var recordId = await RecordAsync();
        foreach (var file in Directory.GetFiles(SharedSamples.Folder($"failing/{folder}"), "*.xml"))
        {
            var content = await File.ReadAllBytesAsync(file, CommandHome.Token);
            var status = await Refusals.RefusedAsync(
                StatusCode.InvalidArgument, reason,
                () => CdaUploadTests.SendAsync(platform.As(martin), CdaUploadTests.Intent(recordId), content));
            Assert.Contains(told, status.GetDetail<BadRequest>()?.ToString() ?? "", StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("cda-iso-time", true)]
    [InlineData("cda-name-as-text", false)]
    [InlineData("cda-order-and-local-id-not-derived", false)]
    [InlineData("cda-refused-for-good", true)]
    public async Task What_was_refused_or_misread_is_stored(string folder, bool isTold)
    {
        var recordId = await RecordAsync();
        foreach (var file in Directory.GetFiles(SharedSamples.Folder($"failing/{folder}"), "*.xml"))
        {
            // The files carry an identifier each; another run has stored them already.
            var text = Regex.Replace(
                await File.ReadAllTextAsync(file, CommandHome.Token), "<id root=\"(?!1\\.2)[0-9a-f-]{36}\"",
                $"<id root=\"{Guid.NewGuid()}\"", RegexOptions.None);
            var stored = await CdaUploadTests.SendAsync(
                platform.As(martin), CdaUploadTests.Intent(recordId), System.Text.Encoding.UTF8.GetBytes(text));
            Assert.True(stored.Warnings.Count > 0 || !isTold, file);
            var (metadata, name) = (stored.Document.Metadata, Path.GetFileName(file));
            var created = metadata.CreationTime.ToDateTimeOffset();
            Assert.Contains(
                created.UtcDateTime.ToString("MM-dd", System.Globalization.CultureInfo.InvariantCulture), (string[])["10-15", "11-01"]);
            if (name == "author.xml")
            {
                Assert.Equal("Dr Jean EXEMPLE", metadata.Authors[0].Person.FamilyName);
            }
            else if (name == "legal-authenticator.xml")
            {
                Assert.Equal("Dr Jean EXEMPLE", metadata.LegalAuthenticator.FamilyName);
            }
            else if (name == "order.xml")
            {
                Assert.Equal((2, "4711"), (metadata.References.Count, metadata.SourcePatientId.Value));
            }
        }
    }

    [Theory]
    [InlineData("xdm-source-patient-is-another/package.zip", 1, "refused")]
    [InlineData("zip-made-on-a-mac/folder.zip", 0, "stored already skipped")]
    [InlineData("zip-names-with-dot-slash/package.zip", 0, "stored already")]
    public async Task Archives_are_taken_for_what_they_are(string name, int code, string outcomes)
    {
        var archive = Path.Combine(SharedSamples.Folder("failing"), name);
        await RecordAsync();
        using CommandHome home = new(platform.Server, platform.Callers.Token(martin));
        Assert.Equal(code, Short(await CommandHome.RunAsync(home.Import(archive))).Code);
        Assert.All(home.Rows().Values, row => Assert.Contains(row.Outcome, outcomes, StringComparison.Ordinal));
    }

    private async Task<string> RecordAsync()
    {
        var api = platform.As(martin);
        var access = await api.Records.CheckAccessAsync(new CheckAccessRequest { Ins = modele.Ins }, cancellationToken: CommandHome.Token);
        return access.RecordState == RecordState.Open
            ? access.RecordId
            : (await api.Records.OpenRecordAsync(Given.OpenRequest(modele), cancellationToken: CommandHome.Token)).Record.RecordId;
    }
}
