using System.Globalization;
using Dmp.Server.Identity;
using Dmp.Server.Identity.Sandbox;
using Xunit;

namespace Dmp.Server.Tests.Sandbox;

public sealed class PersonasTests
{
    [Fact]
    public void All_of_the_named_personas_are_there() => Assert.Equal(
        [
            "auditor-michel", "caregiver-odile", "dentist-petit", "dr-bernard", "dr-leroy-air", "dr-martin", "father-marc",
            "hospital-saint-luc",
            "minor-lea", "mother-claire", "nurse-richard", "occupational-durand", "operator-simon", "patient-jeanne", "patient-paul",
            "pharmacist-robert",
            "regulation-dubois", "secretary-moreau",
        ],
        Personas.All.Select(persona => persona.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void Professionals_have_a_valid_RPPS_of_their_own()
    {
        var numbers = Personas.All.OfType<ProfessionalPersona>().Select(persona => persona.Rpps).ToList();
        Assert.Equal(8, numbers.Count);
        Assert.All(numbers, rpps => Assert.True(NationalIds.RppsIsValid(rpps), rpps));
        Assert.Distinct(numbers);
    }

    [Fact]
    public void Sites_have_a_valid_FINESS()
    {
        Site[] sites =
        [
            .. Personas.All.OfType<ProfessionalPersona>().Select(persona => persona.Site),
            .. Personas.All.OfType<StructurePersona>().Select(persona => persona.Site),
        ];
        Assert.Equal(10, sites.Length);
        Assert.All(sites, site => Assert.True(NationalIds.FinessIsValid(site.Finess), site.Finess));
        Assert.All(sites.GroupBy(site => site.Finess), group => Assert.Single(group.Distinct()));
    }

    [Fact]
    public void Patients_have_an_INS_that_says_what_their_traits_say()
    {
        var patients = Personas.All.OfType<PatientPersona>().ToList();
        Assert.Equal(5, patients.Count);
        Assert.All(patients, patient =>
        {
            Assert.True(NationalIds.InsKeyIsValid(patient.Ins), patient.Ins);
            Assert.Equal(patient.Sex == "M" ? "1" : "2", patient.Ins[..1]);
            Assert.Equal(patient.BirthDate.ToString("yyMM", CultureInfo.InvariantCulture), patient.Ins[1..5]);
            Assert.Equal(patient.BirthPlaceCode, patient.Ins[5..10]);
        });
    }

    [Fact]
    public void The_minor_is_one_and_the_mother_represents_her()
    {
        var lea = Assert.IsType<PatientPersona>(Personas.Find("minor-lea"));
        var mother = Assert.IsType<RepresentativePersona>(Personas.Find("mother-claire"));
        Assert.True(lea.BirthDate.AddYears(18) > DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().Date));
        Assert.Equal([lea.Ins], mother.RepresentedIns);
    }

    [Fact]
    public void The_secretary_works_at_the_practice_of_Dr_Martin()
    {
        var secretary = Assert.IsType<StructurePersona>(Personas.Find("secretary-moreau"));
        var martin = Assert.IsType<ProfessionalPersona>(Personas.Find("dr-martin"));
        Assert.Equal(martin.Site, secretary.Site);
        Assert.NotNull(secretary.StaffId);
    }

    [Theory]
    [InlineData("DR-MARTIN")]
    [InlineData("")]
    [InlineData(null)]
    public void Nobody_else_is_found(string? name) => Assert.Null(Personas.Find(name));
}
