using System.Globalization;
using System.Security.Cryptography;
using Dmp.Record.V1;
using Dmp.Type.V1;

namespace Dmp.Server.Tests.Fixtures;

/// <summary>Somebody with a national identity who does not exist: each call makes another one.</summary>
internal sealed record TestPatient
{
    public const string InsSystem = "1.2.250.1.213.1.4.10";

    public required string Number { get; init; }

    public required IdentityTraits Traits { get; init; }

    public Ins Ins => new() { Number = Number, System = InsSystem };

    /// <summary>An adult.</summary>
    public static TestPatient New() => Born(RandomNumberGenerator.GetInt32(1940, 2000));

    /// <summary>Somebody of about ten years.</summary>
    public static TestPatient NewMinor() => Born(DateTimeOffset.UtcNow.Year - RandomNumberGenerator.GetInt32(8, 13));

    private static TestPatient Born(int birthYear)
    {
        var month = RandomNumberGenerator.GetInt32(1, 13);
        var year = birthYear % 100;
        var number = string.Create(
            CultureInfo.InvariantCulture,
            $"2{year:00}{month:00}{RandomNumberGenerator.GetInt32(10, 95)}{RandomNumberGenerator.GetInt32(1_000_000):000000}");
        var key = 97 - (long.Parse(number, CultureInfo.InvariantCulture) % 97);
        return new TestPatient
        {
            Number = string.Create(CultureInfo.InvariantCulture, $"{number}{key:00}"),
            Traits = new IdentityTraits
            {
                BirthFamilyName = "ESSAI",
                BirthGivenNames = { "ANNE", "LOUISE" },
                BirthDate = string.Create(CultureInfo.InvariantCulture, $"{birthYear}-{month:00}-14"),
                Sex = Sex.Female,
                BirthPlaceCode = "63220",
            },
        };
    }
}

/// <summary>A professional with a structure, by national identifiers with right check digits.</summary>
internal sealed record TestProfessional
{
    public required string Id { get; init; }

    public required string StructureId { get; init; }

    public string Profession { get; init; } = "10";

    public string Specialty { get; init; } = "SM26";

    public string Sector { get; init; } = "SA07";

    public string FamilyName { get; init; } = "ESSAI";

    /// <summary>Works for a regulation centre.</summary>
    public bool Regulates { get; init; }

    public Actor Actor => new() { Kind = ActorKind.Professional, Id = Id };

    public static TestProfessional New() => new()
    {
        Id = "8" + WithLuhnKey("10" + Digits(8)),
        StructureId = "1" + WithLuhnKey("75" + Digits(6)),
    };

    public static string NewStructureId() => "1" + WithLuhnKey("69" + Digits(6));

    private static string Digits(int count) => RandomNumberGenerator.GetString("0123456789", count);

    private static string WithLuhnKey(string digits)
    {
        var sum = 0;
        for (var i = 0; i < digits.Length; i++)
        {
            var digit = digits[^(i + 1)] - '0';
            sum += i % 2 == 0 ? (2 * digit / 10) + (2 * digit % 10) : digit;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{digits}{(10 - (sum % 10)) % 10}");
    }
}
