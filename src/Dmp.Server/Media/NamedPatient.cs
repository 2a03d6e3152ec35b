using System.Globalization;
using Dmp.Cda;
using Dmp.Document.V1;

namespace Dmp.Server.Media;

/// <summary>A patient as somebody names one.</summary>
internal sealed record NamedPatient
{
    /// <summary>Birth names, each of which may be the one.</summary>
    public IReadOnlyList<string> Families { get; init; } = [];

    /// <summary>Given names, each text from the first name on.</summary>
    public IReadOnlyList<string> Givens { get; init; } = [];

    /// <summary>Whole names that are written as one text.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    public DateOnly? BirthDate { get; init; }

    /// <summary>The patient of a CDA header: names at birth where they are marked as such, otherwise all.</summary>
    public static NamedPatient Of(CdaPatient patient)
    {
        var families = patient.Names.SelectMany(name => name.Families).ToArray();
        var births = families.Where(family => family.Qualifiers.Contains("BR")).ToArray();
        var atBirth = patient.Names.SelectMany(name => name.Givens).Where(given => given.Qualifiers.Contains("BR"));
        var plain = patient.Names.Select(
            name => string.Join(' ', name.Givens.Where(given => given.Qualifiers.Count == 0).Select(given => given.Text)));
        var others = patient.Names.SelectMany(name => name.Givens).Where(given => !given.Qualifiers.Contains("CL")).ToArray();
        return new NamedPatient
        {
            Families = [.. (births.Length > 0 ? births : families).Select(family => family.Text)],
            Givens =
            [
                .. atBirth.Select(given => given.Text),
                .. plain.Where(givens => givens.Length > 0),
                .. others.Length > 0 ? [] : patient.Names.SelectMany(name => name.Givens).Select(given => given.Text),
            ],
            Texts = [.. patient.Names.Select(name => name.Text).OfType<string>()],
            BirthDate = patient.BirthTime is { Precision: >= CdaPrecision.Day } birth ? birth.Date : null,
        };
    }

    /// <summary>Whom the sender names. The contract wants the date as it is read here.</summary>
    public static NamedPatient Of(StatedPatient stated) => new()
    {
        Families = [.. stated.FamilyNames.Where(name => PatientNames.Key(name).Length > 0)],
        Givens = [.. stated.GivenNames.Count > 0 ? [string.Join(' ', stated.GivenNames)] : Array.Empty<string>()],
        BirthDate = DateOf(stated.BirthDate),
    };

    public static DateOnly? DateOf(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;
}
