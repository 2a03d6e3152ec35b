using CsCheck;
using Dmp.Cda;
using Dmp.Document.V1;
using Dmp.Server.Errors;
using Dmp.Server.Intake;
using Dmp.Server.Media;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;

namespace Dmp.Server.Tests.Documents;

public sealed class HeaderRulesTests
{
    private static readonly RecordIdentity identity = new()
    {
        RecordId = Guid.NewGuid(),
        InsNumber = "279035121518989",
        BirthFamilyName = "PAT-TROIS",
        BirthGivenNames = ["DOMINIQUE", "MARIE-LOUISE"],
        BirthDate = new DateOnly(1979, 3, 28),
    };

    [Theory]
    [InlineData("Pat Trois", "PAT-TROIS")]
    [InlineData("D'Été", "DETE")]
    [InlineData("LE CŒUR", "Lecoeur")]
    [InlineData("Nuñez", "NUNEZ")]
    public void Names_are_compared_without_accents_case_and_separators(string one, string other) =>
        Assert.Equal(PatientNames.Key(one), PatientNames.Key(other));

    [Theory]
    [InlineData("20240305113000+0100", "2024-03-05T10:30:00Z", true)]
    [InlineData("20240305113000+0100", "2024-03-05T10:30:02Z", false)]
    [InlineData("202403051130+0100", "2024-03-05T10:30:59Z", true)]
    [InlineData("20240305+0100", "2024-03-05T22:59:00Z", true)]
    [InlineData("20240305+0100", "2024-03-06T10:00:00Z", false)]
    [InlineData("20240305113000", "2024-03-05T10:30:00Z", true)]
    [InlineData("20240305113000", "2024-03-07T10:30:00Z", false)]
    [InlineData("2024", "2024-07-01T00:00:00Z", true)]
    public void A_time_agrees_as_precisely_as_the_header_says_it(string header, string given, bool agrees)
    {
        Assert.True(CdaTime.TryParse(header, out var time));
        var faults = new FieldFaults();
        HeaderRules.CheckAgreement(
            new DocumentMetadata
            {
                CreationTime = Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(given, System.Globalization.CultureInfo.InvariantCulture)),
            },
            Header(new CdaDocument { CreationTime = time }),
            new DocumentMetadata(),
            faults);
        Assert.Equal(agrees, Refusal(faults) is null);
    }

    [Theory]
    [InlineData("PAT-TROIS", "DOMINIQUE", "19790328", true, 0)]
    [InlineData("DURAND", "DOMINIQUE", "19790328", true, 1)]
    [InlineData("DURAND", "PAUL", "19790328", true, 2)]
    [InlineData("DURAND", "PAUL", "1901", true, 2)]
    [InlineData("DURAND", "PAUL", "19010101", false, 0)]
    public void Under_the_right_INS_only_a_wholly_other_person_is_one(
        string family, string given, string birth, bool isPatient, int differences)
    {
        List<Warning> warnings = [];
        var patient = new CdaPatient
        {
            Ids = [new CdaId("1.2.250.1.213.1.4.8", identity.InsNumber)],
            Names = [Name(family, given)],
            BirthTime = Birth(birth),
        };
        Assert.Equal(isPatient, HeaderRules.IsPatientOf(Header(new CdaDocument { Patients = [patient] }), identity, warnings));
        Assert.Equal(differences, warnings.Count);
    }

    [Fact]
    public void No_other_INS_is_ever_the_patient() => Gen.Int[0, 14].Select(Gen.Char['0', '9']).Sample((at, digit) =>
    {
        var number = identity.InsNumber[..at] + digit + identity.InsNumber[(at + 1)..];
        var patient = new CdaPatient
        {
            Ids = [new CdaId("1.2.250.1.213.1.4.8", number)],
            Names = [Name("PAT-TROIS", "DOMINIQUE")],
            BirthTime = Birth("19790328"),
        };
        return HeaderRules.IsPatientOf(Header(new CdaDocument { Patients = [patient] }), identity, []) == (number == identity.InsNumber);
    });

    [Fact]
    public void An_INS_in_the_wrong_place_is_not_shown()
    {
        var faults = new FieldFaults();
        HeaderRules.CheckAgreement(
            new DocumentMetadata { UniqueId = "279035121518989" },
            Header(new CdaDocument()),
            new DocumentMetadata { UniqueId = "1.2.3" },
            faults);
        var refusal = Refusal(faults)!;
        Assert.DoesNotContain("279035121518989", refusal, StringComparison.Ordinal);
        Assert.Contains("1.2.3", refusal, StringComparison.Ordinal);
    }

    private static DocumentHeader Header(CdaDocument document) => DocumentHeader.Of(document, []);

    private static CdaName Name(string family, string given) =>
        new() { Families = [new CdaNamePart(family, [])], Givens = [new CdaNamePart(given, [])] };

    private static CdaTime Birth(string text) => CdaTime.TryParse(text, out var time) ? time : throw new ArgumentException(text);

    private static string? Refusal(FieldFaults faults)
    {
        var refusal = Xunit.Record.Exception(() => faults.ThrowIfAny(Error.V1.ErrorReason.CdaMetadataMismatch));
        return refusal is RpcException failure ? failure.GetRpcStatus()!.GetDetail<Google.Rpc.BadRequest>()!.ToString() : null;
    }
}
