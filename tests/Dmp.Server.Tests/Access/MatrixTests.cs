using Dmp.Error.V1;
using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Grpc.Core;
using Npgsql;
using Xunit;

namespace Dmp.Server.Tests.Access;

/// <summary>Which professions read which types of documents.</summary>
public sealed class MatrixTests(Platform platform)
{
    private const string Loinc = "2.16.840.1.113883.6.1";
    private const string TreA05 = "1.2.250.1.213.1.1.4.12";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("10", "11488-4", Loinc, true)]
    [InlineData("10", "68599-0", Loinc, true)]
    [InlineData("40", "11488-4", Loinc, true)]
    [InlineData("40", "68599-0", Loinc, false)]
    [InlineData("40", "83981-1", Loinc, false)]
    [InlineData("60", "11488-4", Loinc, true)]
    [InlineData("99", "11488-4", Loinc, false)]
    public async Task A_profession_sees_what_the_matrix_opens_to_it(string profession, string type, string system, bool sees)
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.Metadata.Type = new Coding { System = system, Code = type });
        var reader = platform.As(
            await platform.ColleagueAsync(record, who: TestProfessional.New() with { Profession = profession, Specialty = "" }));

        if (sees)
        {
            Assert.Equal([document.DocumentId], await reader.SearchIdsAsync(record.Id));
            Assert.NotEmpty(await reader.ReadAsync(document));
        }
        else
        {
            Assert.Empty(await reader.SearchIdsAsync(record.Id));
            await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => reader.ReadAsync(document));
        }
    }

    [Fact]
    public async Task Nobody_reads_a_certificate_of_residence_but_its_author_and_the_patient()
    {
        var record = await platform.RecordAsync();
        var document = await platform.As(record.Physician).UploadAsync(
            record.Id, intent => intent.Metadata.Type = new Coding { System = TreA05, Code = "ATTEST-RESID" });
        Assert.NotEmpty(await platform.As(record.Physician).ReadAsync(document));
        Assert.NotEmpty(await platform.As(record.Patient).ReadAsync(document));
        var attending = platform.As(await platform.ColleagueAsync(record, attending: true));
        await Refusals.RefusedAsync(StatusCode.NotFound, ErrorReason.DocumentNotFound, () => attending.ReadAsync(document));
    }

    [Fact]
    public async Task An_author_sees_the_own_document_whatever_the_matrix_says()
    {
        var record = await platform.RecordAsync();
        var dentist = await platform.ColleagueAsync(record, who: TestProfessional.New() with { Profession = "40", Specialty = "" });
        var document = await platform.As(dentist).UploadAsync(
            record.Id, intent => intent.Metadata.Type = new Coding { System = Loinc, Code = "68599-0" });
        Assert.NotEmpty(await platform.As(dentist).ReadAsync(document));
    }

    [Fact]
    public async Task A_later_matrix_takes_effect_at_its_time()
    {
        await using var server = await TestServer.StartAsync(platform);
        var (physician, nurse) = (TestProfessional.New(), TestProfessional.New() with { Profession = "60", Specialty = "" });
        var author = new DmpApi(server.Channel, platform.Callers.Token(physician));
        var reader = new DmpApi(server.Channel, platform.Callers.Token(nurse));
        var record = (await author.Records.OpenRecordAsync(Given.OpenRequest(TestPatient.New()), cancellationToken: Token)).Record;
        await author.DeclareAsync(record.RecordId);
        await reader.DeclareAsync(record.RecordId);
        await author.UploadAsync(record.RecordId);
        Assert.Single(await reader.SearchIdsAsync(record.RecordId));

        await using var connection = new NpgsqlConnection(platform.Databases.AdminOf(server.Database));
        await connection.OpenAsync(Token);
        await using var import = new NpgsqlCommand(
            """
            insert into habilitation_matrix (matrix_id, name, effective_time, import_time, sha256)
            values (gen_random_uuid(), 'nobody', now() + interval '4 seconds', now(), sha256('nobody'))
            returning effective_time
            """,
            connection);
        var effective = (DateTime)(await import.ExecuteScalarAsync(Token))!;
        Assert.Single(await reader.SearchIdsAsync(record.RecordId));
        await Waiting.PassedAsync(effective);
        Assert.Empty(await reader.SearchIdsAsync(record.RecordId));
        Assert.Single(await author.SearchIdsAsync(record.RecordId));
    }

    [Fact]
    public async Task The_seed_knows_every_published_type()
    {
        // Physicians read all of them but one; the list of the seed and the list of the server must not drift apart.
        var seeded = await platform.Server.QueryAsync<long>(
            platform, "select count(*) from habilitation_cell where profession = '1.2.250.1.71.1.2.7|10'");
        using var types = new StreamReader(
            typeof(Dmp.Server.Startup.DmpApplication).Assembly.GetManifestResourceStream("document-types.tsv")!);
        var published = (await types.ReadToEndAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length - 1;
        Assert.Equal(published - 1, seeded);
    }
}
